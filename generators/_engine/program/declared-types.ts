import type { RelPath } from '../model/paths.ts';
import { memberOf, receiverOf, unwrap } from '../syntax/expressions.ts';
import { importsOf } from '../syntax/symbols.ts';
import { ts } from '../syntax/tree.ts';
import type { Survey } from './survey.ts';

/** A type as it is written, and its file. */
export interface WrittenType {
  readonly file: RelPath;
  readonly node: ts.TypeNode;
}

const maxHops = 6;

/** The type that the code declares for an expression; `fieldOf` finds the declaration of `this.name`. */
export function declaredType(
  survey: Survey,
  expression: ts.Expression,
  file: RelPath,
  fieldOf: (node: ts.Node, name: string) => ts.Node | undefined,
  hops = 0,
): WrittenType | undefined {
  if (hops > maxHops) return undefined;
  const bare = unwrap(expression);
  const [receiver, member] = [receiverOf(bare), memberOf(bare)];
  if (receiver?.kind === ts.SyntaxKind.ThisKeyword && member !== undefined)
    return typeIn(fieldOf(bare, member), file);
  if (receiver !== undefined && member !== undefined) {
    const outer = declaredType(survey, receiver, file, fieldOf, hops + 1);
    return outer && memberType(survey, outer, member);
  }
  const found = survey.names.value(bare, file);
  if (found === undefined) return undefined;
  if (ts.isBindingElement(found.node)) {
    const name = (found.node.propertyName ?? found.node.name).getText();
    const holder = typeIn(found.node.parent.parent, found.file);
    return holder && memberType(survey, holder, name);
  }
  return typeIn(found.node, found.file);
}

function typeIn(node: ts.Node | undefined, file: RelPath): WrittenType | undefined {
  const isDeclared =
    node !== undefined &&
    (ts.isParameter(node) || ts.isPropertyDeclaration(node) || ts.isVariableDeclaration(node));
  return isDeclared && node.type !== undefined ? { file, node: node.type } : undefined;
}

/** The declaration that a type's name leads to. */
export function declarationOfType(
  survey: Survey,
  { file, node }: WrittenType,
): { readonly file: RelPath; readonly node: ts.Node } | undefined {
  if (!ts.isTypeReferenceNode(node)) return { file, node };
  if (!ts.isIdentifier(node.typeName)) return undefined;
  return (
    survey.names.definitionOf(node.typeName, file) ?? findTypeDeclaration(survey, node.typeName.text, file)
  );
}

interface TypeDeclaration {
  readonly file: RelPath;
  readonly node: ts.TypeAliasDeclaration | ts.InterfaceDeclaration;
}

/** An interface or a type alias by its name in a file, through imports. */
export function findTypeDeclaration(
  survey: Survey,
  name: string,
  file: RelPath,
  hops = 0,
): TypeDeclaration | undefined {
  const tree = survey.tree(file);
  const own = tree.statements.find(
    (one): one is TypeDeclaration['node'] =>
      (ts.isTypeAliasDeclaration(one) || ts.isInterfaceDeclaration(one)) && one.name.text === name,
  );
  if (own !== undefined) return { file, node: own };
  const imported = importsOf(tree).get(name);
  const target = imported === undefined ? undefined : survey.names.module(file, imported.from);
  if (imported === undefined || target === undefined || hops > maxHops) return undefined;
  return findTypeDeclaration(survey, imported.name, target, hops + 1);
}

function memberType(survey: Survey, type: WrittenType, name: string): WrittenType | undefined {
  const found = declarationOfType(survey, type);
  if (found === undefined) return undefined;
  const { node } = found;
  const body = ts.isTypeAliasDeclaration(node) ? node.type : node;
  if (!ts.isInterfaceDeclaration(body) && !ts.isTypeLiteralNode(body)) return undefined;
  const member = body.members.find((one) => one.name?.getText() === name);
  const own = member !== undefined && ts.isPropertySignature(member) ? member.type : undefined;
  return own && { file: found.file, node: own };
}

/** The class that implements an interface, where the service has exactly one. */
export function onlyImplementation(
  survey: Survey,
  { node }: { readonly node: ts.Node },
): { readonly file: RelPath; readonly node: ts.ClassLikeDeclaration } | undefined {
  if (!ts.isInterfaceDeclaration(node)) return undefined;
  const [only, other] = survey.filesMatching(/\bimplements\b/).flatMap((file) =>
    survey
      .tree(file)
      .statements.filter(ts.isClassDeclaration)
      .filter(({ heritageClauses = [] }) =>
        heritageClauses
          .filter(({ token }) => token === ts.SyntaxKind.ImplementsKeyword)
          .flatMap(({ types }) => [...types])
          .some(
            ({ expression }) =>
              ts.isIdentifier(expression) &&
              findTypeDeclaration(survey, expression.text, file)?.node === node,
          ),
      )
      .map((made) => ({ file, node: made })),
  );
  return other === undefined ? only : undefined;
}
