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
    return declarations.flatMap(({ members }) =>
      members.flatMap(({ name }) => {
        const key = name && keyOf(name);
        return name === undefined || key === undefined ? [] : [{ name: key, at: placeOf(name, file) }];
      }),
    );
  });
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
