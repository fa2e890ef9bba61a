import { type Panel, panels } from './panels.ts';

const datasource = { type: 'prometheus', uid: '${datasource}' };

/** The dashboard as Grafana imports it. */
export function renderDashboard(): string {
  const dashboard = {
    title: 'Service-to-service calls',
    uid: 's2s-calls',
    tags: ['s2s'],
    schemaVersion: 39,
    editable: true,
    refresh: '30s',
    time: { from: 'now-1h', to: 'now' },
    templating: {
      list: [
        { name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus' },
        variable('job', 'Caller', 'label_values(s2s_client_calls_total, job)'),
        variable('service', 'Called service', 'label_values(s2s_client_calls_total{job=~"$job"}, service)'),
      ],
    },
    panels: panels.map(renderPanel),
  };
  return `${JSON.stringify(dashboard, undefined, 2)}\n`;
}

function variable(name: string, label: string, query: string): object {
  const all = { includeAll: true, multi: true, current: { text: 'All', value: '$__all' } };
  return { name, label, type: 'query', datasource, query, refresh: 2, sort: 1, ...all };
}

function renderPanel({ description, queries, title, unit }: Panel, index: number): object {
  return {
    id: index + 1,
    title,
    description,
    type: 'timeseries',
    datasource,
    gridPos: { h: 8, w: 12, x: (index % 2) * 12, y: Math.floor(index / 2) * 8 },
    fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
    targets: queries.map(({ expr, legend }, number) => ({
      refId: String.fromCharCode('A'.charCodeAt(0) + number),
      datasource,
      expr,
      legendFormat: legend,
    })),
  };
}
