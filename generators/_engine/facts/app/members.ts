import type { Place } from '../../model/obstacle.ts';
import type { RelPath } from '../../model/paths.ts';
import type { Member } from '../../model/service.ts';
import { lineOf, ts, walk } from '../../syntax/tree.ts';
import { keyOf, memberOf, stringOf } from '../../syntax/expressions.ts';
import type { Survey } from '../../program/survey.ts';

/** The names given to `instance.decorate(…)` anywhere in the service. */
export function findDecorators(survey: Survey): readonly Member[] {
  return decorated(survey, 'decorate');
}

/** Names on FastifyRequest that are taken: declared, decorated, or `user` by @fastify/jwt. */
export function findRequestMembers(survey: Survey): readonly Member[] {
  const declared = [...survey.mentioning(/\bFastifyRequest\b/), ...survey.declarations].flatMap((file) => {
    const names: Member[] = [];
    walk(survey.tree(file), (node) => {
      if (!ts.isInterfaceDeclaration(node) || node.name.text !== 'FastifyRequest' || !isAugmentation(node))
        return true;
      for (const { name } of node.members) {
        const key = name === undefined ? undefined : keyOf(name);
        if (name !== undefined && key !== undefined)
          names.push({ name: key, at: placeOf(survey, file, name) });
      }
      return false;
    });
    return names;
  });
  const byJwt = survey.head.manifest.dependencies['@fastify/jwt'] === undefined ? [] : [{ name: 'user' }];
  return [...byJwt, ...declared, ...decorated(survey, 'decorateRequest')];
}

function decorated(survey: Survey, method: 'decorate' | 'decorateRequest'): readonly Member[] {
  return survey.mentioning(/\.decorate/).flatMap((file) => {
    const found: Member[] = [];
    walk(survey.tree(file), (node) => {
      const name =
        ts.isCallExpression(node) && memberOf(node.expression) === method
          ? stringOf(node.arguments[0])
          : undefined;
      if (name !== undefined) found.push({ name, at: placeOf(survey, file, node) });
      return true;
    });
    return found;
  });
}

function placeOf(survey: Survey, path: RelPath, node: ts.Node): Place {
  return { path, line: lineOf(survey.tree(path), node.getStart()) };
}

function isAugmentation({ parent }: ts.InterfaceDeclaration): boolean {
  return (
    ts.isModuleBlock(parent) &&
    ts.isStringLiteral(parent.parent.name) &&
    parent.parent.name.text === 'fastify'
  );
}
