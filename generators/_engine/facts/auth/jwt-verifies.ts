import type { Place } from '../../model/obstacle.ts';
import type { RelPath } from '../../model/paths.ts';
import { ts, walk } from '../../syntax/tree.ts';
import { memberOf, propertyOf, receiverOf, unwrap } from '../../syntax/expressions.ts';
import { keyText } from './jwt-issued.ts';
import { findWays, placeOf } from './jwt-reach.ts';
import type { Survey } from '../../program/survey.ts';

/** One place where the service verifies a token. */
export interface Verification {
  readonly call: ts.CallExpression;
  readonly file: RelPath;
  readonly at: Place;
  readonly library: '@fastify/jwt' | 'jsonwebtoken' | 'jose' | 'fast-jwt';
  readonly namespace: string | undefined;
  readonly options: ts.Expression | undefined;
  /** `env:NAME` or a text; undefined when it cannot be seen. */
  readonly key: string | undefined;
  /** Names and URLs around it, in all ways in which it is come to. */
  readonly labels: readonly string[];
}

/** Every place in the service's own code where a token is verified. */
export function findVerifications(survey: Survey): readonly Verification[] {
  const mentions = /\bverify\b|[jJ]wtVerify\b|\bcreateVerifier\b/;
  return survey.files
    .filter((file) => mentions.test(survey.text(file)))
    .flatMap((file) => {
      const found: Verification[] = [];
      walk(survey.tree(file), (node) => {
        const one = ts.isCallExpression(node) ? verificationOf(survey, node, file) : undefined;
        if (one !== undefined) found.push(one);
        return true;
      });
      return found;
    });
}

function verificationOf(survey: Survey, call: ts.CallExpression, file: RelPath): Verification | undefined {
  const found = byPackage(survey, call, file) ?? byPlugin(survey, call);
  if (found === undefined) return undefined;
  const { secret, ...rest } = found;
  const key = secret === undefined ? undefined : keyText(survey, secret, file, new Map());
  const labels = findWays(survey, call, file).flatMap((way) => way.labels);
  return { ...rest, call, file, at: placeOf(survey, call, file), key, labels };
}

type Found = Pick<Verification, 'library' | 'namespace' | 'options'> & { secret: ts.Expression | undefined };

function byPackage(survey: Survey, call: ts.CallExpression, file: RelPath): Found | undefined {
  const callee = unwrap(call.expression);
  const root = receiverOf(callee) ?? callee;
  const imported = ts.isIdentifier(root) ? survey.names.importOf(root, file) : undefined;
  const name = root === callee ? imported?.name : memberOf(callee);
  const [first, secret, options] = call.arguments;
  const namespace = undefined;
  if (imported?.from === 'jsonwebtoken' && name === 'verify') {
    const isCallback = options !== undefined && ts.isFunctionLike(unwrap(options));
    return { library: 'jsonwebtoken', namespace, secret, options: isCallback ? undefined : options };
  }
  if (imported?.from === 'jose' && name === 'jwtVerify')
    return { library: 'jose', namespace, secret, options };
  return imported?.from === 'fast-jwt' && name === 'createVerifier'
    ? { library: 'fast-jwt', namespace, secret: propertyOf(first, 'key'), options: first }
    : undefined;
}

/** `request.jwtVerify(options)`, `request.accessJwtVerify(options)`, `app.jwt.access.verify(token, options)`. */
function byPlugin(
  survey: Survey,
  { arguments: [first, second], expression }: ts.CallExpression,
): Found | undefined {
  if (survey.head.manifest.dependencies['@fastify/jwt'] === undefined) return undefined;
  const [, named] = /^(?:(\w+)JwtVerify|jwtVerify)$/.exec(memberOf(expression) ?? '') ?? [];
  const library = '@fastify/jwt';
  const secret = undefined;
  if (/[jJ]wtVerify$/.test(memberOf(expression) ?? '')) {
    const isCallback = first !== undefined && ts.isFunctionLike(unwrap(first));
    return { library, secret, namespace: named, options: isCallback ? undefined : first };
  }
  const receiver = receiverOf(expression)?.getText() ?? '';
  const [, nested] = /(?:^|\.)jwt(?:\.(\w+))?$/.exec(receiver) ?? [undefined, undefined];
  const isIt = memberOf(expression) === 'verify' && /(^|\.)jwt(\.\w+)?$/.test(receiver);
  return isIt ? { library, secret, namespace: nested, options: second } : undefined;
}
