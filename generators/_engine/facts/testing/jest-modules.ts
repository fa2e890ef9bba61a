import { joinRel } from '../../model/paths.ts';
import { manifestsAbove } from '../../repo/manifest.ts';
import type { Survey } from '../../program/survey.ts';
import { surveyTesting } from './testing.ts';

/** Whether tests can import `./x.js` where the file is `x.ts`: jest takes a mapper or a resolver for it. */
export function testsResolveJs(survey: Survey): boolean {
  if (surveyTesting(survey).runner !== 'jest') return true;
  const script = survey.head.manifest.scripts['test'] ?? '';
  return manifestsAbove(survey.repo, survey.head.dir).some(({ path, text }) => {
    const dir = joinRel(path, '..');
    const isConfig = (name: string): boolean => /^jest\.config\.\w+$/.test(name) || script.includes(name);
    const files = survey.repo.list(dir).filter(({ kind, name }) => kind === 'file' && isConfig(name));
    const texts = [text, ...files.map(({ name }) => survey.repo.read(joinRel(dir, name)) ?? '')];
    return texts.some((one) => /\.js\)?\$/.test(one) || /["']?resolver["']?\s*:/.test(one));
  });
}
