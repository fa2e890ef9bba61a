import type { RelPath } from '../../model/paths.ts';
import type { Survey } from '../../program/survey.ts';
import { keyOf } from '../../syntax/expressions.ts';
import { pickNodes, placeOf, ts } from '../../syntax/tree.ts';

/** Our middleware declares the client that it asks: its own hook is the member beside it. */
const declares = /^[ \t]*authServiceClient: /m;
/** And it makes both: a declaration alone says nothing of what runs. */
const connects = /\bconnectAuthService\(|\.decorate\(\s{0,9}['"]authServiceClient['"]/;

type DeclaredMember = Readonly<{ name: string; at: ReturnType<typeof placeOf> }>;

/** Members of an interface of Fastify that these files declare. */
export function declaredMembers(
  survey: Survey,
  files: readonly RelPath[],
  of: 'FastifyInstance' | 'FastifyRequest',
): readonly DeclaredMember[] {
  return files.flatMap((file) => {
    const declarations = pickNodes(survey.tree(file), (node) => {
      const isWanted = ts.isInterfaceDeclaration(node) && node.name.text === of;
      return isWanted && isAugmentation(node) ? node : undefined;
    });
    return declarations.flatMap(({ members }) => named(members, file));
  });
}

function named(members: readonly ts.TypeElement[], file: RelPath): readonly DeclaredMember[] {
  return members.flatMap(({ name }) => {
    const key = name && keyOf(name);
    return name === undefined || key === undefined ? [] : [{ name: key, at: placeOf(name, file) }];
  });
}

/**
 * Members that a type of the service adds to a request: `interface AuthRequest extends FastifyRequest { user: … }`, and
 * `FastifyRequest & { user: … }`. A declaration on FastifyRequest itself would contradict them.
 */
export function membersOfRequestTypes(survey: Survey, files: readonly RelPath[]): readonly DeclaredMember[] {
  return files.flatMap((file) =>
    pickNodes(survey.tree(file), (node) => {
      if (ts.isInterfaceDeclaration(node))
        return extendsRequest(node) ? named(node.members, file) : undefined;
      if (!ts.isIntersectionTypeNode(node) || !node.types.some(isRequest)) return undefined;
      return node.types.flatMap((one) => (ts.isTypeLiteralNode(one) ? named(one.members, file) : []));
    }).flat(),
  );
}

function extendsRequest({ heritageClauses }: ts.InterfaceDeclaration): boolean {
  const bases = heritageClauses?.flatMap(({ types }) => [...types]) ?? [];
  return bases.some(({ expression }) => ts.isIdentifier(expression) && expression.text === 'FastifyRequest');
}

function isRequest(type: ts.TypeNode): boolean {
  return (
    ts.isTypeReferenceNode(type) && ts.isIdentifier(type.typeName) && type.typeName.text === 'FastifyRequest'
  );
}

function isAugmentation({ parent }: ts.InterfaceDeclaration): boolean {
  return (
    ts.isModuleBlock(parent) &&
    ts.isStringLiteral(parent.parent.name) &&
    parent.parent.name.text === 'fastify'
  );
}

/** What our auth middleware adds to instances: authentication.ts decorates them by names that are values. */
export function middlewareMembers(survey: Survey): readonly DeclaredMember[] {
  const files = survey.filesMatching(declares).filter((file) => isMiddleware(survey, file));
  return declaredMembers(survey, files, 'FastifyInstance');
}

export function isMiddleware(survey: Survey, file: RelPath): boolean {
  const text = survey.text(file);
  return declares.test(text) && connects.test(text);
}
