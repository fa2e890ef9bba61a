import type { PrometheusServer, Sample } from '../helpers/prometheus-server.ts';

/** What one query of a panel gave. */
export interface PanelReading {
  readonly title: string;
  /** As it stands in the dashboard. */
  readonly expression: string;
  readonly legend: string;
  readonly unit: string;
  readonly samples: readonly Sample[];
}

interface Dashboard {
  readonly panels: readonly Readonly<{
    title: string;
    fieldConfig: { readonly defaults: { readonly unit: string } };
    targets: readonly Readonly<{ expr: string; legendFormat: string }>[];
  }>[];
}

/** Asks every query of a dashboard, with what Grafana would put in for its variables. */
export async function readPanels(
  dashboard: string,
  prometheus: PrometheusServer,
): Promise<readonly PanelReading[]> {
  const { panels } = JSON.parse(dashboard) as Dashboard;
  const readings: PanelReading[] = [];
  for (const { fieldConfig, targets, title } of panels) {
    for (const { expr, legendFormat } of targets) {
      const query = expr.replaceAll('$__rate_interval', '6s').replaceAll(/\$(job|service)\b/g, '.+');
      const samples = await prometheus.query(query);
      const { unit } = fieldConfig.defaults;
      readings.push({ title, expression: expr, legend: legendFormat, unit, samples });
    }
  }
  return readings;
}

/** A Markdown table: each query, and what it gave at each time. */
export function panelTable(times: readonly (readonly [string, readonly PanelReading[]])[]): string {
  const [[, first] = ['', []]] = times;
  const rows = first.map(({ expression, title }, index) => {
    const cells = times.map(([, readings]) => shown(readings[index]));
    return [title, `\`${expression.replaceAll('|', '\\|')}\``, ...cells];
  });
  const head = ['panel', 'query', ...times.map(([name]) => name)];
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** Its series that are not 0, by their legend; the others are counted. */
function shown(reading: PanelReading | undefined): string {
  if (reading === undefined) return '';
  const { legend, samples, unit } = reading;
  const alive = samples.filter(({ value }) => value !== 0 && !Number.isNaN(value));
  const lines = alive.map(({ metric, value }) => {
    const name = legend.replaceAll(/\{\{(\w+)\}\}/g, (_, label: string) => metric[label] ?? '');
    return `${name}: ${formatted(value, unit)}`;
  });
  const zeros = samples.length - alive.length;
  if (zeros > 0) lines.push(alive.length === 0 ? `0 (${String(zeros)} series)` : `0 (${String(zeros)} more)`);
  return lines.join('<br>');
}

function formatted(value: number, unit: string): string {
  if (unit === 'percentunit') return `${(100 * value).toFixed(0)} %`;
  if (unit === 's') return `${(1_000 * value).toFixed(0)} ms`;
  return unit === 'reqps' ? `${value.toFixed(1)}/s` : value.toFixed(1);
}
