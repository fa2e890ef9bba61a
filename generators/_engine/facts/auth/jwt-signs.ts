import type { RelPath } from '../../model/paths.ts';
import type { JwtFact } from '../../model/resource-facts.ts';
import { lineOf, ts, walk } from '../../syntax/tree.ts';
import { memberOf, receiverOf, unwrap } from '../../syntax/expressions.ts';
import type { Survey } from '../../program/survey.ts';

/** One place where a token is signed. */
export interface Sign {
  readonly path: RelPath;
  readonly line: number;
  readonly library: Exclude<JwtFact['library'], 'none'>;
  readonly call: ts.CallExpression | ts.NewExpression;
  /** What is signed; undefined where it cannot be seen. */
  readonly payload: ts.Expression | undefined;
  readonly secret: ts.Expression | undefined;
  readonly options: ts.Expression | undefined;
}

/** Every place in the service's own code (tests aside) where a token is signed. */
export function findSigns(survey: Survey): readonly Sign[] {
  return survey.mentioning(/\.sign\(|\bsign\(|[jJ]wtSign\b|\bSignJWT\b|\bcreateSigner\b/).flatMap((file) => {
    const signs: Sign[] = [];
    walk(survey.tree(file), (node) => {
      if (!ts.isCallExpression(node) && !ts.isNewExpression(node)) return true;
      const sign = ts.isCallExpression(node) ? signCall(survey, node, file) : joseSign(survey, node, file);
      if (sign !== undefined) {
        signs.push({ ...sign, path: file, line: lineOf(survey.tree(file), node.getStart()), call: node });
      }
      return true;
    });
    return signs;
  });
}

type Found = Omit<Sign, 'path' | 'line' | 'call'>;

function signCall(survey: Survey, call: ts.CallExpression, file: RelPath): Found | undefined {
  const [first, second, third] = call.arguments;
  const from = libraryOf(survey, call.expression, file);
  if (from === 'jsonwebtoken') return { library: from, payload: first, secret: second, options: third };
  if (from === 'fast-jwt') return { library: from, payload: undefined, secret: undefined, options: first };
  if (survey.head.manifest.dependencies['@fastify/jwt'] === undefined) return undefined;
  return signsByPlugin(call.expression)
    ? { library: '@fastify/jwt', payload: first, secret: undefined, options: second }
    : undefined;
}

function libraryOf(
  survey: Survey,
  callee: ts.Expression,
  file: RelPath,
): 'jsonwebtoken' | 'fast-jwt' | undefined {
  const bare = unwrap(callee);
  const receiver = receiverOf(bare);
  const root = receiver ?? bare;
  if (!ts.isIdentifier(root)) return undefined;
  const imported = survey.names.importOf(root, file) ?? undefined;
  const name = receiver === undefined ? imported?.name : memberOf(bare);
  if (imported?.from === 'jsonwebtoken' && name === 'sign') return 'jsonwebtoken';
  return imported?.from === 'fast-jwt' && name === 'createSigner' ? 'fast-jwt' : undefined;
}

/** `app.jwt.sign()`, `app.jwt.access.sign()`, `reply.jwtSign()`, `reply.accessJwtSign()`. */
function signsByPlugin(callee: ts.Expression): boolean {
  const member = memberOf(callee);
  if (member === undefined) return false;
  if (/^jwtSign$|JwtSign$/.test(member)) return true;
  const receiver = receiverOf(callee);
  return (
    member === 'sign' &&
    receiver !== undefined &&
    /(^|\.)jwt(\.\w+|\[['"]\w+['"]\])?$/.test(receiver.getText())
  );
}

/** `access` of `app.jwt.access.sign()` and `reply.accessJwtSign()`. */
export function namespaceOf({ call }: Sign): string | undefined {
  const [, byMethod] = /^(\w+)JwtSign$/.exec(memberOf(call.expression) ?? '') ?? [];
  const receiver = receiverOf(call.expression);
  const isNested = receiver !== undefined && memberOf(receiver) !== 'jwt';
  return byMethod ?? (isNested ? memberOf(receiver) : undefined);
}

/** `new SignJWT(payload).setProtectedHeader({ alg }).sign(secret)` */
function joseSign(survey: Survey, node: ts.NewExpression, file: RelPath): Found | undefined {
  const callee = unwrap(node.expression);
  const root = receiverOf(callee) ?? callee;
  const isJose = ts.isIdentifier(root) && survey.names.importOf(root, file)?.from === 'jose';
  if (!isJose || (memberOf(callee) ?? root.text) !== 'SignJWT') return undefined;
  const secret = chainedCall(node, 'sign')?.arguments[0];
  return { library: 'jose', payload: node.arguments?.[0], secret, options: undefined };
}

/** The call of `method` in the chain that begins at a node. */
export function chainedCall(node: ts.Node, method: string): ts.CallExpression | undefined {
  const access = node.parent;
  if (!ts.isPropertyAccessExpression(access) || !ts.isCallExpression(access.parent)) return undefined;
  return access.name.text === method ? access.parent : chainedCall(access.parent, method);
}
