/** The files of a generator that adds one small module to a service: path below the project's root → text. */
export function scaffold(id: string): ReadonlyMap<string, string> {
  const name = id.split('-').slice(1).join('-');
  const pascal = capitalized(name);
  return new Map([
    [`generators/${id}/index.ts`, indexText(name, pascal)],
    [`generators/${id}/plan.ts`, planText(id, name, pascal)],
    [`generators/${id}/view.ts`, viewText(name, pascal)],
    [`templates/${id}/${name}.ts.hbs`, templateText(pascal)],
    [`test/cases/${id}/npm-workspaces/case.ts`, caseText],
  ]);
}

function capitalized(name: string): string {
  return name
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}

function indexText(name: string, pascal: string): string {
  return `import { defineGenerator } from '../_engine/model/generator.ts';

export const generator = defineGenerator({
  summary: 'adds ${name} to a service',
  target: 'services',
  questions: {
    text: {
      type: 'string',
      message: 'what ${name} says',
      placeholder: '<text>',
      initial: 'Hello',
    },
  },
  plan: async (answers, repo) => (await import('./plan.ts')).plan${pascal}(answers, repo),
});
`;
}

function planText(id: string, name: string, pascal: string): string {
  return `import type { RunAnswers } from '../_engine/model/generator.ts';
import type { Plan } from '../_engine/model/plan.ts';
import type { Repo } from '../_engine/model/repo.ts';
import { placeFile } from '../_engine/facts/style/place-file.ts';
import { openDraft } from '../_engine/repo/draft.ts';
import { render } from '../_engine/render/render.ts';
import { surveyTarget } from '../_engine/facts/app/service.ts';
import type { ${pascal}View } from './view.ts';

export interface ${pascal}Answers extends RunAnswers {
  readonly text: string;
}

/** One module beside the service's other utilities. */
export function plan${pascal}(answers: ${pascal}Answers, repo: Repo): Plan {
  const service = surveyTarget(repo, answers, false);
  const view: ${pascal}View = { service: service.name, text: JSON.stringify(answers.text) };
  const draft = openDraft(repo);
  const path = placeFile(service, 'utils', '${name}');
  draft.create(path, 'source', render('${id}/${name}.ts.hbs', view, service.style));
  return draft.finish();
}
`;
}

function viewText(name: string, pascal: string): string {
  return `/** What ${name}.ts is rendered from. */
export interface ${pascal}View {
  readonly service: string;
  /** As a literal: what users give is never pasted into code as it is. */
  readonly text: string;
}
`;
}

function templateText(pascal: string): string {
  return `/** What {{service}} says. */
export function say${pascal}(): string {
  return {{text}};
}
`;
}

const caseText = `import type { Case } from '../../../helpers/case.ts';

export const testCase: Case = {
  fixture: 'npm-workspaces',
  args: ['--target', 'user'],
  probe: [{ service: 'services/user-service', path: '/health', status: 200 }],
};
`;
