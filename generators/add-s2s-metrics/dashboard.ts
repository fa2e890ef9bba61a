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

/** One panel of the dashboard: its queries are PromQL, `legend` is what Grafana calls a series. */
interface Panel {
  readonly title: string;
  readonly description: string;
  readonly unit: string;
  readonly queries: readonly Readonly<{ expr: string; legend: string }>[];
}

const calls = 's2s_client_calls_total{job=~"$job", service=~"$service"}';
const durations = 's2s_client_call_duration_seconds_bucket{job=~"$job", service=~"$service"}';
const failures =
  's2s_client_calls_total{job=~"$job", service=~"$service", result=~"http_5xx|timeout|network|invalid_response|circuit_open|error"}';
const verifications = 's2s_auth_verifications_total{job=~"$job"}';
const rate = (series: string): string => `rate(${series}[$__rate_interval])`;
const quantile = (share: number): string =>
  `histogram_quantile(${String(share)}, sum by (service, route, le) (${rate(durations)}))`;

/** From what users feel to why. */
const panels: readonly Panel[] = [
  {
    title: 'Circuits that are not closed',
    description: 'More than 0: calls to that service are answered at once with an error, or probed.',
    unit: 'short',
    queries: [
      {
        expr: 'sum by (service, state) (s2s_client_circuits{job=~"$job", service=~"$service", state!="CLOSED"})',
        legend: '{{service}} {{state}}',
      },
    ],
  },
  {
    title: 'Share of calls that failed',
    description: '4xx and calls that the caller gave up are not failures of the service.',
    unit: 'percentunit',
    queries: [
      {
        expr: `sum by (service) (${rate(failures)}) / sum by (service) (${rate(calls)})`,
        legend: '{{service}}',
      },
    ],
  },
  {
    title: 'Calls by result',
    description: 'Calls a second; circuit_open ones were not made.',
    unit: 'reqps',
    queries: [{ expr: `sum by (service, result) (${rate(calls)})`, legend: '{{service}} {{result}}' }],
  },
  {
    title: 'Duration of calls',
    description: 'By service and route pattern, retries included; refused calls are not in it.',
    unit: 's',
    queries: [
      { expr: quantile(0.5), legend: 'p50 {{service}} {{route}}' },
      { expr: quantile(0.95), legend: 'p95 {{service}} {{route}}' },
      { expr: quantile(0.99), legend: 'p99 {{service}} {{route}}' },
    ],
  },
  {
    title: 'Changes of circuits',
    description: 'How often circuits opened, were probed and closed.',
    unit: 'short',
    queries: [
      {
        expr: 'sum by (service, to) (increase(s2s_client_circuit_transitions_total{job=~"$job", service=~"$service"}[$__rate_interval]))',
        legend: '{{service}} to {{to}}',
      },
    ],
  },
  {
    title: 'Retries',
    description: 'Attempts a second after the first one.',
    unit: 'reqps',
    queries: [
      {
        expr: `sum by (service) (${rate('s2s_client_retries_total{job=~"$job", service=~"$service"}')})`,
        legend: '{{service}}',
      },
    ],
  },
  {
    title: 'Retry budget',
    description: 'Retries that are saved up, of the instance with the fewest; below 1 nothing is repeated.',
    unit: 'short',
    queries: [
      {
        expr: 'min by (service) (s2s_client_retry_budget{job=~"$job", service=~"$service"})',
        legend: '{{service}}',
      },
    ],
  },
  {
    title: 'Token verifications',
    description: 'Requests a second by what became of their token.',
    unit: 'reqps',
    queries: [{ expr: `sum by (job, result) (${rate(verifications)})`, legend: '{{job}} {{result}}' }],
  },
  {
    title: 'Answered by the claim cache',
    description: 'Share of tokens that nobody had to be asked about; 0 without a cache.',
    unit: 'percentunit',
    queries: [
      {
        expr: `sum by (job) (${rate('s2s_auth_verifications_total{job=~"$job", cached="true"}')}) / sum by (job) (${rate('s2s_auth_verifications_total{job=~"$job", result=~"valid|invalid"}')})`,
        legend: '{{job}}',
      },
    ],
  },
];
