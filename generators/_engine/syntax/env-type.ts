import { ts, walk } from './tree.ts';

/**
 * The interface or type literal that is about environment variables alone (`PORT: number; JWT_SECRET: string`);
 * `isKnown` tells whether a name is one of the variables that are declared.
 */
export function findEnvType(
  source: ts.SourceFile,
  isKnown: (name: string) => boolean,
): ts.InterfaceDeclaration | ts.TypeLiteralNode | undefined {
  let found: ts.InterfaceDeclaration | ts.TypeLiteralNode | undefined;
  walk(source, (node) => {
    if (found !== undefined) return false;
    if (!ts.isInterfaceDeclaration(node) && !ts.isTypeLiteralNode(node)) return true;
    const names = node.members.map(({ name }) => name?.getText(source) ?? '');
    const isAboutEnv = names.every((name) => /^[A-Z][A-Z0-9_]*$/.test(name)) && names.some(isKnown);
    if (isAboutEnv) found = node;
    return true;
  });
  return found;
}
