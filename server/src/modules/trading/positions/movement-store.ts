// The SQL of movements: what changed positions without a trade.
import { columnsOf } from "../../../runtime/row-columns.ts";
import type { RowWriter } from "../../desk/index.ts";
import { BASES, type Basis } from "./position.ts";

export const MOVEMENT_KINDS = { sent: 1, received: 2, split: 3, missing: 4 } as const;
export type MovementKind = keyof typeof MOVEMENT_KINDS;

export interface Movement {
  /** Stamp; of received units that of their lot. */
  readonly id: number;
  readonly assetAccountId: number;
  readonly currency: string;
  readonly kind: MovementKind;
  readonly quantity: bigint;
  readonly basis?: Basis;
  readonly cost?: bigint;
  readonly costReporting?: bigint | null;
  readonly rate?: string | null;
  readonly acquiredAt?: number;
  readonly numerator?: bigint;
  readonly denominator?: bigint;
  /** What was paid for a fraction. */
  readonly cash?: bigint;
  /** The transfer of positions or the corporate action that it belongs to. */
  readonly transferId: number;
  readonly actorId: string;
}

const COLUMNS = columnsOf<Movement>({
  id: ["bigint", (movement) => movement.id],
  asset_account_id: ["bigint", (movement) => movement.assetAccountId],
  currency: ["text", (movement) => movement.currency],
  kind: ["smallint", (movement) => MOVEMENT_KINDS[movement.kind]],
  quantity: ["bigint", (movement) => movement.quantity],
  basis: ["smallint", (movement) => movement.basis && BASES[movement.basis]],
  cost: ["bigint", (movement) => movement.cost],
  cost_reporting: ["bigint", (movement) => movement.costReporting],
  rate: ["numeric", (movement) => movement.rate],
  acquired_at: ["bigint", (movement) => movement.acquiredAt],
  numerator: ["bigint", (movement) => movement.numerator],
  denominator: ["bigint", (movement) => movement.denominator],
  cash: ["bigint", (movement) => movement.cash],
  transfer_id: ["bigint", (movement) => movement.transferId],
  actor_id: ["text", (movement) => movement.actorId],
});

export const NEW_MOVEMENTS: RowWriter<Movement> = {
  name: "trading.new_movements",
  write: ({ sql }, movements) => sql`INSERT INTO trading.movements ${COLUMNS.rows(sql, movements)}`.execute(),
};
