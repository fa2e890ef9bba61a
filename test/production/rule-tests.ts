const job = 'user-service';

function series(name: string, labels: string, values: string): object {
  return { series: `${name}{job="${job}",instance="1",${labels}}`, values };
}

/** The alerts that fire at that time, each with the labels that it is told apart by. */
function firingAt(time: string, ...alerts: readonly string[]): object {
  return {
    expr: 'count by (alertname, service, route) (ALERTS{alertstate="firing"})',
    eval_time: time,
    exp_samples: alerts.map((labels) => ({ labels: `{${labels}}`, value: 1 })),
  };
}

const failing = 'alertname="ServiceCallsFailing", service="auth"';
const slow = 'alertname="ServiceCallsSlow", service="auth", route="/a"';
const budget = 'alertname="ServiceRetryBudgetEmpty", service="auth"';
const tokens = 'alertname="TokensCannotBeVerified"';

/** A tenth of the calls fails from the start, some are slow, and half of the tokens cannot be verified. */
export const ruleTests = {
  rule_files: ['prometheus-rules.yml'],
  evaluation_interval: '30s',
  tests: [
    {
      interval: '30s',
      input_series: [
        series('s2s_client_calls_total', 'service="auth",result="success"', '0+27x60'),
        series('s2s_client_calls_total', 'service="auth",result="http_5xx"', '0+3x60'),
        series('s2s_client_calls_total', 'service="healthy",result="success"', '0+27x60'),
        series('s2s_client_calls_total', 'service="healthy",result="http_4xx"', '0+27x60'),
        series('s2s_client_calls_total', 'service="idle",result="success"', '0+0x60'),
        series('s2s_client_circuits', 'service="auth",state="OPEN"', '0x60'),
        series('s2s_client_call_duration_seconds_bucket', 'service="auth",route="/a",le="1"', '0+10x60'),
        series('s2s_client_call_duration_seconds_bucket', 'service="auth",route="/a",le="5"', '0+30x60'),
        series('s2s_client_call_duration_seconds_bucket', 'service="auth",route="/a",le="+Inf"', '0+30x60'),
        series('s2s_client_retry_budget', 'service="auth"', '0x60'),
        series('s2s_client_retry_budget', 'service="healthy"', '9x60'),
        series('s2s_auth_verifications_total', 'result="unavailable",cached="false"', '0+10x60'),
        series('s2s_auth_verifications_total', 'result="valid",cached="false"', '0+10x60'),
      ],
      promql_expr_test: [
        firingAt('2m'),
        firingAt('3m', tokens),
        firingAt('6m', tokens, failing, budget),
        firingAt('12m', tokens, failing, budget, slow),
      ],
    },
  ],
};
