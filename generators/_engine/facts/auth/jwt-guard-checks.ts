import type { ImportWant } from '../../model/code-facts.ts';
import type { Obstacle, Place } from '../../model/obstacle.ts';
import { placeOf, ts, walk } from '../../syntax/tree.ts';
import { enclosingFunction, isFunctionNode, propertyOf, unwrap } from '../../syntax/expressions.ts';
import type { PluginUse } from './jwt-signs.ts';
import type { Verification } from './jwt-verifies.ts';
import { readFromOutside } from '../../program/outside-reads.ts';
import type { Survey } from '../../program/survey.ts';

/** What the guard asks beside the token itself. */
interface GuardChecks {
  /** `trusted` of @fastify/jwt, where another file can import it. */
  readonly trusted?: Readonly<{ expression: string; imports: readonly ImportWant[] }>;
  /** `trusted` that no other file can import. */
  readonly trustedAt?: Place;
  /** The secret is a function of the request. */
  readonly keyAt?: Place;
  /** The options of the plugin cannot be read. */
  readonly unreadAt?: Place;
  /** Where a guard refuses a token that its library has accepted. */
  readonly refusesAt?: Place;
}

/** Finds them in the options of @fastify/jwt, and in the functions that verify. */
export function findGuardChecks(
  survey: Survey,
  plugin: PluginUse | undefined,
  guarding: readonly Verification[],
  claims: readonly string[],
): GuardChecks {
  const refusal = guarding.map((one) => refusalAfter(one, claims)).find((one) => one !== undefined);
  return { ...pluginChecks(survey, plugin), ...(refusal !== undefined && { refusesAt: refusal }) };
}

function pluginChecks(survey: Survey, plugin: PluginUse | undefined): GuardChecks {
  if (plugin?.options === undefined) return {};
  const { file, options } = plugin;
  const at = (node: ts.Node): Place => placeOf(node, file);
  const object = unwrap(options);
  const isRead = ts.isObjectLiteralExpression(object) && !object.properties.some(ts.isSpreadAssignment);
  const secret = propertyOf(options, 'secret');
  const key = propertyOf(secret, 'public') ?? secret;
  const isFunction = key !== undefined && isFunctionNode(survey.names.value(key, file)?.node ?? key);
  const trusted = propertyOf(options, 'trusted') ?? methodOf(object, 'trusted');
  const read =
    trusted !== undefined && ts.isIdentifier(trusted) ? readFromOutside(survey, trusted, file) : undefined;
  const isImported = read !== undefined && read.imports.length > 0;
  return {
    ...(isFunction || methodOf(object, 'secret') !== undefined ? { keyAt: at(key ?? object) } : {}),
    ...(isRead ? {} : { unreadAt: at(options) }),
    ...(isImported ? { trusted: { expression: read.expression, imports: read.imports } } : {}),
    ...(trusted !== undefined && !isImported ? { trustedAt: at(trusted) } : {}),
  };
}

function methodOf(object: ts.Expression, name: string): ts.Node | undefined {
  if (!ts.isObjectLiteralExpression(object)) return undefined;
  return object.properties.find((member) => ts.isMethodDeclaration(member) && member.name.getText() === name);
}

/** `if (!(await redis.get(`session:${jti}`))) throw …` after the token was verified; not what answers 403. */
function refusalAfter({ call, file }: Verification, claims: readonly string[]): Place | undefined {
  const owner = enclosingFunction(call);
  if (owner === undefined || isVerifier(call)) return undefined;
  let found: ts.Node | undefined;
  walk(owner, (node) => {
    if (node !== owner && (ts.isFunctionLike(node) || ts.isCatchClause(node))) return false;
    const isLater = node.getStart() > call.getEnd();
    if (isLater && ts.isIfStatement(node) && refuses(node) && !isAbout(node.expression, claims))
      found ??= node;
    return found === undefined;
  });
  return found && placeOf(found, file);
}

function isVerifier({ parent }: ts.CallExpression): boolean {
  return ts.isReturnStatement(parent) || ts.isArrowFunction(parent);
}

function refuses({ elseStatement, thenStatement }: ts.IfStatement): boolean {
  const text = `${thenStatement.getText()} ${elseStatement?.getText() ?? ''}`;
  if (/forbid|\b403\b/i.test(text)) return false;
  return /\bthrow\b|\b401\b|unauthori[sz]ed|\bcb\(|\bdone\(|return (?:false|null|undefined)\b/i.test(text);
}

/** Only about claims that the verify route looks at as well. */
function isAbout(condition: ts.Expression, claims: readonly string[]): boolean {
  const text = condition.getText();
  return (
    !/\bawait\b/.test(text) &&
    claims.some((name) => new RegExp(`[.'"]${name.replace(/\W/g, '.')}\\b`).test(text))
  );
}

/** Why the verify route cannot be as strict as the guard. */
export function checkObstacles(
  { keyAt, refusesAt, trustedAt }: GuardChecks,
  accepted: boolean,
): readonly Obstacle[] {
  const code = 'E_TOKEN_POLICY';
  const remedy =
    'Export that check as a function of the claims and the request that returns a boolean, and name it with --accept <file>#<export>; --accept none omits it.';
  return [
    ...(keyAt === undefined
      ? []
      : [
          {
            code,
            at: keyAt,
            message:
              'The key of @fastify/jwt is a function of the request, but the verify route does not get the request of the user.',
            remedy:
              'Pass the key itself (or { private, public }) to @fastify/jwt, and run the command again.',
          } as const,
        ]),
    ...[
      { at: trustedAt, message: '`trusted` refuses tokens here, but other files cannot import it.' },
      {
        at: refusesAt,
        message:
          'A guard refuses tokens here that its JWT library accepted, for example after the end of a session.',
      },
    ].flatMap(({ at, message }) =>
      at === undefined || accepted ? [] : [{ code, at, message, remedy } as const],
    ),
  ];
}
