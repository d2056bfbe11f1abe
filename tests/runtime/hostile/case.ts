import type { Answer, Sending } from './wire.ts';

/** What the cases know of the installation they attack. */
export interface World {
  readonly secretKey: string;
  /** Of account A: the attacker. */
  readonly token: string;
  readonly refreshToken: string;
  readonly hubId: string;
  readonly deviceId: string;
  /** Of account B: who must not notice anything. */
  readonly victim: {
    readonly token: string;
    readonly refreshToken: string;
    readonly userId: string;
    readonly hubId: string;
    readonly deviceId: string;
    readonly roomId: string;
    readonly commandId: string;
    readonly jobId: string;
  };
  /** Tokens of a session that has been ended. */
  readonly ended: { readonly token: string; readonly refreshToken: string };
  /** Login and password of account A. */
  readonly credentials: { readonly username: string; readonly password: string };
  /** Paths and methods of the OpenAPI document. */
  readonly routes: readonly { readonly method: string; readonly path: string }[];
}

export interface Case extends Pick<Sending, 'from' | 'halfClose' | 'drip'> {
  readonly name: string;
  readonly send: string | Buffer;
  /** Statuses that are right; 0 is a connection closed without an answer. Default: any refusal from 400 to 499. */
  readonly expect?: readonly number[];
  /** The connection must be closed by the other side. */
  readonly closes?: boolean;
  /** A read of the attacker's own may ask upstream; anything else must leave its journal as it was. */
  readonly mayAsk?: boolean;
  /** Whatever else must hold. */
  readonly check?: (answer: Answer) => void;
}

export interface Table {
  readonly name: string;
  readonly cases: (world: World) => readonly Case[] | Promise<readonly Case[]>;
}

export const REFUSED: readonly number[] = Array.from({ length: 100 }, (_, index) => 400 + index);
