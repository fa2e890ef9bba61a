import type { RelPath } from '../_engine/model/paths.ts';
import type { Service } from '../_engine/model/service.ts';
import { ensureImport } from '../_engine/edit/ensure-import.ts';
import { ensureCallOption } from '../_engine/edit/ensure-call-option.ts';
import { importLines, importSpecifierIn, placeFile } from '../_engine/facts/style/place-file.ts';
import { detectStyle } from '../_engine/facts/style/style.ts';
import type { Draft } from '../_engine/repo/draft.ts';
import { render, renderModule } from '../_engine/render/render.ts';
import type { DenylistView } from './view.ts';

const callee = 'localVerifier';

/** What a local verifier refuses, and the option that gives it the list. */
export function planDenylist(draft: Draft, consumer: Service): void {
  const { app, modules, style } = consumer;
  const inUtils = (name: string): RelPath => placeFile(consumer, 'utils', name);
  const [denylist, tokens] = [inUtils('revocation-denylist'), inUtils('revoked-tokens')];
  draft.create(tokens, 'revocation', renderModule('add-s2s-revocation/revoked-tokens.ts', {}, style));
  const view: DenylistView = {
    imports: importLines(consumer, denylist, [
      { from: 'fastify', names: ['FastifyInstance'], typeOnly: true },
      { from: placeFile(consumer, 'shared', 'local-verifier'), names: ['Denylist'], typeOnly: true },
      { from: inUtils('revocation-subscriber'), names: ['subscribeToRevocations'] },
      { from: tokens, names: ['RevokedTokens'] },
      { from: inUtils('token-key'), names: ['tokenKey'] },
    ]),
  };
  draft.create(denylist, 'revocation', render('add-s2s-revocation/revocation-denylist.ts.hbs', view, style));
  const option = { callee, key: 'denylist', value: `followDenylist(${app.binding})` };
  const text = draft.repo.read(app.file) ?? '';
  if (ensureCallOption(text, option, style) === undefined) {
    draft.obstruct({
      code: 'E_NO_REGISTRATION_PLACE',
      at: { path: app.file },
      message: `${app.file} has no call of ${callee} with an object of options that one can be added to.`,
      remedy: `Call ${callee} there with an object of options, and run the command again.`,
      manual: `${option.key}: ${option.value},`,
    });
    return;
  }
  draft.patch(app.file, 'registration', (base) => {
    const from = importSpecifierIn(base, { modules }, app.file, denylist);
    return ensureImport(base, { from, names: ['followDenylist'] }, detectStyle([base]));
  });
  draft.patch(app.file, 'registration', (base) => ensureCallOption(base, option, detectStyle([base])) ?? []);
}
