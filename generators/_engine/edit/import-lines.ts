import type { ImportWant } from '../model/code-facts.ts';
import type { RelPath } from '../model/paths.ts';
import type { Service } from '../model/service.ts';
import { printString } from '../syntax/print.ts';
import { importSpecifier } from '../facts/style/place-file.ts';

/**
 * Import statements for a new file, in the canonical style of templates: packages first, then the service's own
 * files, each group by specifier. A want whose `from` is a path of the service becomes the specifier it uses; the same
 * want twice is one.
 */
export function importLines(
  service: Service,
  file: RelPath,
  wants: readonly ImportWant[],
): readonly string[] {
  const isOwn = ({ from }: ImportWant): boolean => /\.[cm]?tsx?$/.test(from);
  const unique = [...new Map(wants.map((want) => [JSON.stringify(want), want])).values()];
  const packages = unique.filter((want) => !isOwn(want));
  const own = unique.filter(isOwn).map((want) => {
    return { ...want, from: importSpecifier(service, file, want.from as RelPath) };
  });
  return [...packages.sort(bySpecifier).map(importLine), ...own.sort(bySpecifier).map(importLine)];
}

function importLine({ from, default: main, names = [], typeOnly }: ImportWant): string {
  const named = names.length === 0 ? [] : [`{ ${names.join(', ')} }`];
  const clause = [...(main === undefined ? [] : [main]), ...named].join(', ');
  return `import ${typeOnly === true ? 'type ' : ''}${clause} from ${printString(from)};`;
}

function bySpecifier(a: ImportWant, b: ImportWant): number {
  return a.from < b.from ? -1 : 1;
}
