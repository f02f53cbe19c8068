// Settings that people bring along for features that do not exist yet: they are accepted, and the start says that nothing reads
// them yet.
import { text } from "../forms.ts";
import type { ConfigKey } from "../key.ts";

const LATER = {
  group: "Comes later",
  type: "string",
  form: text,
  default: undefined,
  earlier: true,
} as const;
const REDIS = "limits and caches that several processes share in Redis come later";
const TASKS = "tasks by a broker of their own come later";
const SIGN_IN = "signing in on the API page by Entra ID comes later";
const SENTINEL =
  "sending by workspace and shared key comes later; SENTINEL_ENDPOINT and SENTINEL_TOKEN work now";

export const LATER_KEYS = [
  { ...LATER, name: "REDIS_HOST", later: REDIS, description: "Host of a Redis." },
  { ...LATER, name: "REDIS_PORT", later: REDIS, description: "Its port, usually 6379." },
  { ...LATER, name: "REDIS_PASSWORD", secret: true, later: REDIS, description: "Its password." },
  {
    ...LATER,
    name: "REDIS_URL",
    secret: true,
    later: REDIS,
    description: "The same in one: redis://host:6379.",
  },
  { ...LATER, name: "CELERY_BROKER_URL", secret: true, later: TASKS, description: "Where tasks wait." },
  {
    ...LATER,
    name: "CELERY_RESULT_BACKEND",
    secret: true,
    later: TASKS,
    description: "Where their results are kept.",
  },
  {
    ...LATER,
    name: "KEY_VAULT_URL",
    later: "keys in an Azure Key Vault come later; ENCRYPTION_KEY works now",
    description: "URL of an Azure Key Vault.",
  },
  {
    ...LATER,
    name: "AZURE_AD_CLIENT_SECRET",
    secret: true,
    later: SIGN_IN,
    description: "Our secret at Entra ID.",
  },
  {
    ...LATER,
    name: "AZURE_AD_REDIRECT_URI",
    later: SIGN_IN,
    description: "Where Entra ID sends people back to.",
  },
  {
    ...LATER,
    name: "SENTINEL_WORKSPACE_ID",
    later: SENTINEL,
    description: "Workspace of Microsoft Sentinel.",
  },
  {
    ...LATER,
    name: "SENTINEL_SHARED_KEY",
    secret: true,
    later: SENTINEL,
    description: "The workspace's key.",
  },
] as const satisfies readonly ConfigKey[];
