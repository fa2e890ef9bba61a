import { clientAnswers } from '../_engine/facts/calls/installed-client.ts';
import type { Adoption } from '../_engine/model/generator.ts';
import { findMonitoringFolder } from './monitoring-folder.ts';

export const adoption: Adoption = {
  role: 'metrics',
  after: ['add-auth-middleware'],
  answers: (repo, dir) => {
    const client = clientAnswers(repo, dir);
    const folders = new Set([findMonitoringFolder(repo), 'monitoring', 'none']);
    return [...folders].map((monitoring) => ({ ...client, monitoring }));
  },
};
