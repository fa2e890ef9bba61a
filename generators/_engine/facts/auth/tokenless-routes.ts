import type { Route } from '../../model/app-facts.ts';
import type { RelPath } from '../../model/paths.ts';
import type { Survey } from '../../program/survey.ts';
import { keyOf, memberOf, receiverOf, stringOf, unwrap } from '../../syntax/expressions.ts';
import { importedBy } from '../../syntax/symbols.ts';
import { lineOf, ts, walk } from '../../syntax/tree.ts';
import { findRouteCode, type RouteCode } from '../routes/route-calls.ts';
import { findIssued, type Issued } from './jwt-issued.ts';
import { isDoubtful, provesUser } from './jwt-logins.ts';
import { findSigns } from './jwt-signs.ts';
import { findPluginUse } from './jwt.ts';

/** A route whose code shows that it is called without a token, or may be. */
export interface TokenlessRoute {
  readonly route: Route;
  /** What shows it, as a clause: `its handler signs a token at src/auth.ts:12`. */
  readonly evidence: string;
  /** It logs people in for certain: it signs a token that proves who calls, and asks for none. */
  readonly isLogin: boolean;
}

interface Evidence {
  readonly text: string;
  readonly isLogin: boolean;
}

/** Routes that sign tokens, exchange authorization codes, check passwords or signatures; names prove nothing here. */
export function findTokenlessRoutes(survey: Survey, routes: readonly Route[]): readonly TokenlessRoute[] {
  const issued = issuedBySign(survey);
  const callbacks = findCallbacks(survey);
  const own = routes.filter((route) => route.public === undefined && route.by === undefined);
  const found = own.flatMap((route) => {
    const evidence =
      evidenceOf(survey, route, findRouteCode(survey, route), issued) ?? callbackTo(callbacks, route);
    return evidence === undefined ? [] : [{ route, evidence: evidence.text, isLogin: evidence.isLogin }];
  });
  const starts = own
    .filter((route) => !found.some((one) => one.route === route))
    .flatMap((route) => startOfLogin(route, found) ?? []);
  return [...found, ...starts];
}

/** `GET /auth/google`, where `/auth/google/callback` logs people in: nobody has a token yet. */
function startOfLogin(route: Route, logins: readonly TokenlessRoute[]): TokenlessRoute | undefined {
  const end = logins.find(({ isLogin, route: { url } }) => isLogin && url === `${route.url}/callback`);
  if (end === undefined || route.method !== 'GET') return undefined;
  const evidence = `the login that ends at ${end.route.method} ${end.route.url} starts there`;
  // By its name alone: it is named, not opened.
  return { route, evidence, isLogin: false };
}

/** Where an identity provider sends people back to, by an option of the code. */
interface Callback {
  readonly path: string;
  /** `callbackUri at src/app.ts:12` */
  readonly shownBy: string;
}

/** The option as @fastify/oauth2, the strategies of passport and libraries of OpenID Connect have it. */
const callbackOption = /^(?:callback_?ur[il]|redirect_?uri)$/i;

function findCallbacks(survey: Survey): readonly Callback[] {
  return survey.filesMatching(/callback_?ur[il]|redirect_?uri/i).flatMap((file) => {
    const found: Callback[] = [];
    walk(survey.tree(file), (node) => {
      const name = ts.isPropertyAssignment(node) ? keyOf(node.name) : undefined;
      if (name === undefined || !ts.isPropertyAssignment(node) || !callbackOption.test(name)) return true;
      const value = survey.names.value(node.initializer, file)?.node ?? node.initializer;
      const at = `${file}:${String(lineOf(survey.tree(file), node.getStart()))}`;
      for (const path of pathsIn(value)) found.push({ path, shownBy: `${name} at ${at}` });
      return true;
    });
    return found;
  });
}

/** The paths of the URLs that an expression may give: of a literal, or after the last part of a template. */
function pathsIn(value: ts.Node): readonly string[] {
  const paths: string[] = [];
  walk(value, (node) => {
    const text = ts.isStringLiteralLike(node) || ts.isTemplateTail(node) ? node.text : '';
    const [, path] = /^(?:https?:\/\/[^/]*)?(\/[^?#]*[^?#/])/.exec(text) ?? [];
    if (path !== undefined) paths.push(path);
    return true;
  });
  return paths;
}

/** A proxy before the service may have a part of the path for itself. */
function callbackTo(callbacks: readonly Callback[], { url }: Route): Evidence | undefined {
  const found = callbacks.find(({ path }) => url.length > 1 && path.endsWith(url));
  return (
    found && { text: `a login elsewhere sends people back to it, by the ${found.shownBy}`, isLogin: false }
  );
}

/** The tokens of each place that signs some: `path:line`. */
type IssuedByPlace = ReadonlyMap<string, readonly Issued[]>;

function issuedBySign(survey: Survey): IssuedByPlace {
  const byPlace = new Map<string, Issued[]>();
  const signs = findSigns(survey);
  for (const one of findIssued(survey, signs, (namespace) => findPluginUse(survey, namespace))) {
    const [at] = one.places;
    if (at === undefined) continue;
    const key = `${at.path}:${String(at.line)}`;
    byPlace.set(key, [...(byPlace.get(key) ?? []), one]);
  }
  return byPlace;
}

function evidenceOf(
  survey: Survey,
  route: Route,
  code: RouteCode,
  issued: IssuedByPlace,
): Evidence | undefined {
  const isPassport = code.made.some(({ file, node }) => isOf(survey, node, file, passport));
  const calls = callsIn(code);
  const signs = calls.filter((call) => issued.has(placeOf(survey, call)));
  const [sign] = signs;
  if (sign !== undefined) {
    const tokens = signs.flatMap((call) => issued.get(placeOf(survey, call)) ?? []);
    const isLogin = isLoginUrl(route) && tokens.some(provesUser) && (isPassport || !needsUser(code));
    return { text: `its handler signs a token at ${placeOf(survey, sign)}`, isLogin };
  }
  if (isPassport) return { text: 'its hook is an authentication of passport', isLogin: false };
  for (const { text, is } of marks) {
    const found = calls.find(({ file, node }) => is(survey, node, file));
    if (found !== undefined) return { text: `${text} at ${placeOf(survey, found)}`, isLogin: false };
  }
  return undefined;
}

interface CodeIn {
  readonly functions: readonly Readonly<{ file: RelPath; node: ts.Node }>[];
}

interface CallIn {
  readonly node: ts.CallExpression | ts.NewExpression;
  readonly file: RelPath;
}

function callsIn({ functions }: CodeIn): readonly CallIn[] {
  return functions.flatMap(({ file, node }) => {
    const calls: CallIn[] = [];
    walk(node, (at) => {
      if (ts.isCallExpression(at) || ts.isNewExpression(at)) calls.push({ file, node: at });
      return true;
    });
    return calls;
  });
}

function placeOf(survey: Survey, { file, node }: CallIn): string {
  return `${file}:${String(lineOf(survey.tree(file), node.getStart()))}`;
}

/** A link to reset a password or to share a file is signed as well: such a name only takes away. */
function isLoginUrl({ url }: Route): boolean {
  const label = url.replace(/refresh[-_]?(?:token|jwt)s?/gi, 'refresh');
  return !url.includes('*') && !isDoubtful({ labels: [label] });
}

/** It reads who calls, and does not find it out by itself. */
function needsUser({ functions }: RouteCode): boolean {
  const isVerifying = functions.some(({ node }) => verification.test(node.getText()));
  return !isVerifying && functions.some(({ node }) => readsUser(node));
}

const verification = /[jJ]wtVerify\(|\bjwt\.(?:\w{1,40}\.)?verify\(/;
const requestName = /^(?:request|req|this)$/;

/** `request.user`, `const { user } = request` */
function readsUser(node: ts.Node): boolean {
  let found = false;
  walk(node, (at) => {
    if (ts.isPropertyAccessExpression(at) && at.name.text === 'user')
      found ||= requestName.test(at.expression.getText());
    if (ts.isBindingElement(at) && (at.propertyName ?? at.name).getText() === 'user') {
      const holder = at.parent.parent;
      const from = ts.isVariableDeclaration(holder) ? holder.initializer : undefined;
      found ||= ts.isParameter(holder) || (from !== undefined && requestName.test(from.getText()));
    }
    return !found;
  });
  return found;
}

const passport = /^(?:@fastify\/|fastify-)passport$/;
const passwords = /^(?:bcrypt|bcryptjs|argon2|@node-rs\/(?:argon2|bcrypt)|scrypt-kdf|fastify-bcrypt)$/;
const codeExchange =
  /^(?:getAccessTokenFromAuthorizationCodeFlow|validateAuthorizationCode|authorizationCodeGrant|exchangeCodeForTokens?)$/;
const signatureCheck = /^(?:constructEvent(?:Async)?|timingSafeEqual|createHmac)$/;

/** What a call says of the route that runs it, the surest first. */
const marks: readonly Readonly<{
  text: string;
  is: (survey: Survey, node: CallIn['node'], file: RelPath) => boolean;
}>[] = [
  {
    text: 'its handler exchanges an authorization code',
    is: (_survey, node) => codeExchange.test(nameOfCallee(node)),
  },
  {
    text: 'its handler is that of Better Auth',
    is: (survey, node, file) => nameOfCallee(node) === 'handler' && isBetterAuth(survey, node, file),
  },
  {
    text: 'its handler hashes or compares a password',
    is: (survey, node, file) => isOf(survey, node, file, passwords),
  },
  {
    text: 'its handler checks a signature or a secret',
    is: (survey, node, file) => signatureCheck.test(nameOfCallee(node)) || isOf(survey, node, file, /^svix$/),
  },
];

function nameOfCallee({ expression }: CallIn['node']): string {
  const bare = unwrap(expression);
  return memberOf(bare) ?? (ts.isIdentifier(bare) ? bare.text : '');
}

/** Whether a package of that name is called: itself, or a member of what it exports. */
function isOf(survey: Survey, { expression }: CallIn['node'], file: RelPath, packages: RegExp): boolean {
  if (packages.test(importedBy(expression)?.from ?? '')) return true;
  // `const passport = new Passport()`, in this file or another one.
  const receiver = receiverOf(unwrap(expression));
  const made = receiver && survey.names.value(receiver, file);
  if (made === undefined || (!ts.isNewExpression(made.node) && !ts.isCallExpression(made.node))) return false;
  return packages.test(importedBy(made.node.expression)?.from ?? '');
}

const betterAuth = /^better-auth(?:\/.+)?$/;

/** `auth.handler(…)`, and `app.auth.handler(…)` where a plugin decorates the instance with it. */
function isBetterAuth(survey: Survey, node: CallIn['node'], file: RelPath): boolean {
  if (isOf(survey, node, file, betterAuth)) return true;
  const receiver = receiverOf(unwrap(node.expression));
  const name = receiver && memberOf(receiver);
  if (name === undefined) return false;
  return survey.filesMatching(/\bbetterAuth\b/).some((path) =>
    callsIn({ functions: [{ file: path, node: survey.tree(path) }] }).some(
      ({ node: { arguments: given, expression } }) => {
        const [first, second] = given ?? [];
        if (memberOf(expression) !== 'decorate' || stringOf(first) !== name || second === undefined)
          return false;
        const made = survey.names.value(second, path)?.node;
        return (
          made !== undefined &&
          ts.isCallExpression(made) &&
          betterAuth.test(importedBy(made.expression)?.from ?? '')
        );
      },
    ),
  );
}
