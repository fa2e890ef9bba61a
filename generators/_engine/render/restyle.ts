import type { Style } from '../model/code-facts.ts';
import { applyChanges, type TextChange } from '../model/text-change.ts';
import { reindent } from './restyle/indentation.ts';
import { requote } from './restyle/quotes.ts';
import { dropSemicolons } from './restyle/semicolons.ts';
import { dropTrailingCommas } from './restyle/trailing-commas.ts';
import { parseSource } from '../syntax/tree.ts';

/**
 * Rewrites TypeScript from the templates' canonical style (single quotes, semicolons, 2 spaces, trailing commas,
 * LF) in the style of a service. Changes nothing but these; it does not break or join lines.
 */
export function restyle(text: string, style: Style): string {
  const source = parseSource('restyle.ts', text);
  const changes: TextChange[] = [...requote(source, style.quote)];
  if (!style.semicolons) changes.push(...dropSemicolons(source));
  if (!style.trailingCommas) changes.push(...dropTrailingCommas(source));
  if (style.indent !== '  ') changes.push(...reindent(source, style.indent));
  const body = applyChanges(text, changes).replace(/\n+$/, '') + (style.finalNewline ? '\n' : '');
  return style.eol === '\n' ? body : body.replaceAll('\n', style.eol);
}
