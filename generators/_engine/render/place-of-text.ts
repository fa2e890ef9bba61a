/** Where a character of TypeScript stands. */
export type Place = 'code' | 'single' | 'double' | 'template' | 'comment' | 'line' | 'key';

/** How far a text was read: `holes` are the braces that are open in each `${` around, `before` the last sign of code. */
export interface Reading {
  readonly place: Place;
  readonly holes: readonly number[];
  readonly before: string;
}

export const start: Reading = { place: 'code', holes: [], before: '' };

/** What can stand before a regular expression; after anything else a slash divides. */
const beforePattern = /^[(,=:[!&|?{};+]?$/;
const ends: Readonly<Partial<Record<Place, string>>> = {
  single: "'",
  double: '"',
  template: '`',
  comment: '*/',
  line: '\n',
};

/** Reads on: the place in which the text ends. It is text of our own templates, which parse. */
export function readPlaces(from: Reading, text: string): Reading {
  let reading = from;
  for (let at = 0; at < text.length;) {
    const [next, length] = reading.place === 'code' ? inCode(reading, text, at) : inside(reading, text, at);
    reading = next;
    at += length;
  }
  return reading;
}

type Step = readonly [Reading, number];

function inCode(reading: Reading, text: string, at: number): Step {
  const sign = text.charAt(at);
  if (text.startsWith('//', at)) return [{ ...reading, place: 'line' }, 2];
  if (text.startsWith('/*', at)) return [{ ...reading, place: 'comment' }, 2];
  if (sign === '/' && beforePattern.test(reading.before))
    return [{ ...reading, before: '/' }, patternLength(text, at)];
  if (sign === "'") return [{ ...reading, place: 'single' }, 1];
  if (sign === '"') return [{ ...reading, place: 'double' }, 1];
  if (sign === '`') return [{ ...reading, place: 'template' }, 1];
  if (/\s/.test(sign)) return [reading, 1];
  if (sign !== '{' && sign !== '}') return [{ ...reading, before: sign }, 1];
  return [braced(reading, sign), 1];
}

/** The last brace of a hole leads back into its template literal. */
function braced(reading: Reading, sign: string): Reading {
  const open = reading.holes.at(-1);
  if (open === undefined) return { ...reading, before: sign };
  const outer = reading.holes.slice(0, -1);
  if (sign === '}' && open === 0) return { place: 'template', holes: outer, before: sign };
  return { ...reading, holes: [...outer, open + (sign === '{' ? 1 : -1)], before: sign };
}

function inside(reading: Reading, text: string, at: number): Step {
  const { holes, place } = reading;
  const isComment = place === 'comment' || place === 'line';
  if (!isComment && text.charAt(at) === '\\') return [reading, 2];
  if (place === 'template' && text.startsWith('${', at))
    return [{ place: 'code', holes: [...holes, 0], before: '{' }, 2];
  const end = ends[place] ?? '';
  if (!text.startsWith(end, at)) return [reading, 1];
  return [{ ...reading, place: 'code', before: isComment ? reading.before : end }, end.length];
}

function patternLength(text: string, at: number): number {
  let isClass = false;
  for (let next = at + 1; next < text.length; next += 1) {
    const sign = text.charAt(next);
    if (sign === '\\') next += 1;
    else if (sign === '[') isClass = true;
    else if (sign === ']') isClass = false;
    else if (sign === '\n' || (sign === '/' && !isClass)) return next + 1 - at;
  }
  return text.length - at;
}
