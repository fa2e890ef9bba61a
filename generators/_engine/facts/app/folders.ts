import { dirnameRel, joinRel, type RelPath } from '../../model/paths.ts';
import { RefusalError } from '../../model/refusal.ts';
import { ts } from '../../syntax/tree.ts';
import { memberOf, receiverOf, stringOf, unwrap } from '../../syntax/expressions.ts';
import type { Survey } from '../../program/survey.ts';

/** The folder that an expression such as `join(__dirname, 'routes')` names; undefined when it cannot be told. */
export function findFolder(survey: Survey, expression: ts.Expression, file: RelPath): RelPath | undefined {
  const path = pathOf(survey, unwrap(expression), file);
  if (path === undefined) return undefined;
  try {
    return joinRel(path);
  } catch (error) {
    if (error instanceof RefusalError) return undefined;
    throw error;
  }
}

function pathOf(survey: Survey, bare: ts.Expression, file: RelPath): string | undefined {
  const next = (inner: ts.Expression): string | undefined => pathOf(survey, unwrap(inner), file);
  const literal = stringOf(bare);
  // A bare relative path means the working directory: the service's folder.
  if (literal !== undefined) return literal.startsWith('/') ? undefined : `${survey.head.dir}/${literal}`;
  if (ts.isIdentifier(bare) && bare.text === '__dirname') return dirnameRel(file);
  if (ts.isIdentifier(bare) && bare.text === '__filename') return file;
  if (/^import\.meta\.(dirname|filename|url)$/.test(bare.getText()))
    return bare.getText().endsWith('dirname') ? dirnameRel(file) : file;
  if (ts.isBinaryExpression(bare)) return pathOfBinary(bare, next);
  if (ts.isTemplateExpression(bare)) return pathOfTemplate(bare, next);
  if (ts.isNewExpression(bare)) return fromUrl(bare, next);
  if (ts.isCallExpression(bare)) return pathOfCall(survey, bare, next);
  if (memberOf(bare) === 'pathname' || memberOf(bare) === 'href') {
    const receiver = receiverOf(bare);
    return receiver === undefined ? undefined : next(receiver);
  }
  const found = survey.names.value(bare, file);
  const isElsewhere = found !== undefined && found.node !== bare && ts.isExpression(found.node);
  return isElsewhere ? pathOf(survey, unwrap(found.node), found.file) : undefined;
}

function pathOfCall(
  survey: Survey,
  call: ts.CallExpression,
  next: (inner: ts.Expression) => string | undefined,
): string | undefined {
  const [first, ...rest] = call.arguments;
  const name = ts.isIdentifier(call.expression) ? call.expression.text : (memberOf(call.expression) ?? '');
  if (call.getText() === 'process.cwd()') return survey.head.dir === '' ? '.' : survey.head.dir;
  if (first === undefined) return undefined;
  const base = next(first);
  if (base === undefined) return undefined;
  if (name === 'fileURLToPath') return base;
  if (name === 'dirname') return `${base}/..`;
  if (name !== 'join' && name !== 'resolve') return undefined;
  const parts = rest.map((part) => stringOf(part));
  return parts.every((part) => part !== undefined) ? [base, ...parts].join('/') : undefined;
}

/** `new URL('./routes', import.meta.url)` */
function fromUrl(
  { arguments: given }: ts.NewExpression,
  next: (inner: ts.Expression) => string | undefined,
): string | undefined {
  const [relative, base] = given ?? [];
  const from = base === undefined ? undefined : next(base);
  const text = stringOf(relative);
  return from === undefined || text === undefined ? undefined : `${from}/../${text}`;
}

function pathOfBinary(
  { left, operatorToken, right }: ts.BinaryExpression,
  next: (inner: ts.Expression) => string | undefined,
): string | undefined {
  const base = next(left);
  if (operatorToken.kind !== ts.SyntaxKind.PlusToken) return base ?? next(right);
  const text = stringOf(right);
  return base === undefined || text === undefined ? undefined : base + text;
}

function pathOfTemplate(
  { head, templateSpans }: ts.TemplateExpression,
  next: (inner: ts.Expression) => string | undefined,
): string | undefined {
  const [span, ...more] = templateSpans;
  if (span === undefined || more.length > 0 || head.text !== '') return undefined;
  const base = next(span.expression);
  return base === undefined ? undefined : base + span.literal.text;
}
