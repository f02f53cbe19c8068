// What the page at / says about this program: what runs, whether it is ready, and the result of the newest check.
import type { Config } from "../config/config.ts";
import type { HttpServer } from "../http/index.ts";
import { type HealthOptions, readReadiness } from "../http/operations/health.ts";
import { addHome, formatMinute, type HomeLink, type HomeState } from "../http/operations/home.ts";
import type { ReportServices } from "../modules/reports/open.ts";
import { atMostEvery } from "./gauges.ts";

/** At most this often, however many clients ask. */
const EVERY_MS = 1_000;

const LINKS: readonly HomeLink[] = [
  { href: "docs/", title: "API page", what: "every request, to read and to try" },
  { href: "openapi.json", title: "OpenAPI document", what: "the same, for programs" },
  { href: "health/ready", title: "Readiness", what: "for load balancers: 200 where requests can be served" },
  {
    href: "api/v1/audit/checkpoint",
    title: "Checkpoint",
    what: "the signed state of the audit trail, to be kept elsewhere",
  },
  { href: ".well-known/jwks.json", title: "Keys", what: "that verify access tokens" },
];

export function openHome(
  server: HttpServer,
  config: Config,
  { health, reports }: { readonly health: HealthOptions; readonly reports: ReportServices },
): void {
  const readState = async (): Promise<HomeState> => ({
    ...(await readReadiness(health)),
    integrity: await reports.findLatestCheck().then(
      (check) => check ?? null,
      () => undefined,
    ),
  });
  addHome(server, {
    readState: atMostEvery(EVERY_MS, readState),
    facts: listFacts(config),
    links: listLinks(config),
  });
}

/** In production only the start time: everything else would only help attackers. */
function listFacts(config: Config): [label: string, value: string][] {
  const { APP_ENV, DB_URL } = config;
  const since: [string, string] = ["Since", formatMinute(new Date())];
  if (APP_ENV === "production") return [since];
  return [
    since,
    ["Environment", APP_ENV],
    ["Database", DB_URL === undefined ? "its own PostgreSQL, in DATA_DIR" : "the PostgreSQL of DB_URL"],
    ["Cards", describeCards(config)],
  ];
}

function describeCards({ STRIPE_SECRET_KEY, PAYMENT_SANDBOX }: Config): string {
  if (STRIPE_SECRET_KEY !== undefined) return "by Stripe";
  return PAYMENT_SANDBOX === "off" ? "not taken" : "by the sandbox, which moves no real money";
}

function listLinks({ APP_ENV, SMTP_URL, METRICS_PORT, METRICS_TOKEN }: Config): HomeLink[] {
  const hasMetrics = METRICS_PORT === undefined && METRICS_TOKEN === undefined;
  const hasMailbox = APP_ENV !== "production" && SMTP_URL === undefined;
  return [
    ...LINKS,
    ...(hasMetrics ? [{ href: "metrics", title: "Metrics", what: "for Prometheus" }] : []),
    ...(hasMailbox
      ? [{ href: "dev/mailbox", title: "Mailbox", what: "mails that would be sent, while developing" }]
      : []),
  ];
}
