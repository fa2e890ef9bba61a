import type { Answers } from '../_engine/model/generator.ts';

/** Of two runs: the callees of both, each with its routes as `billing:getInvoice`; a callee of both has those of the later. */
export function joinAnswers(before: Answers, now: Answers): Answers {
  const [earlier, later] = [listOf(before['to']), listOf(now['to'])];
  const kept = earlier.filter((callee) => !later.includes(callee));
  if (kept.length === 0) return now;
  const routes = [
    ...kept.flatMap((callee) => routesTo(callee, before, earlier)),
    ...later.flatMap((callee) => routesTo(callee, now, later)),
  ];
  const isUsual = routes.every((route) => route.endsWith(':all'));
  return { ...now, to: [...kept, ...later].sort(), ...(isUsual ? {} : { routes }) };
}

function routesTo(callee: string, answers: Answers, all: readonly string[]): readonly string[] {
  const given = listOf(answers['routes'] ?? ['all']);
  const own = given.filter((route) => route.startsWith(`${callee}:`));
  if (own.length > 0) return own;
  const others = all.flatMap((one) => given.filter((route) => route.startsWith(`${one}:`)));
  return given.filter((route) => !others.includes(route)).map((route) => `${callee}:${route}`);
}

function listOf(value: Answers[string]): readonly string[] {
  return Array.isArray(value) ? (value as readonly string[]) : [];
}
