/** The password of GetAuthorizationToken: who asked, for which registry. Any server of the installation can open it. */
import type { Principal } from '@oreno/aws-wire';
import type { Caller, EcrIam } from './caller.ts';

const purpose = 'ecr-authorization-token';

/** How long a password opens the registry (Amazon ECR user guide, "Private registry authentication"), in milliseconds. */
const passwordLifetime = 12 * 60 * 60 * 1000;

/** An expired password is still known for one for this long, so that its user is told so, in milliseconds. */
const recognisedFor = 7 * 24 * 60 * 60 * 1000;

interface Payload {
  readonly principal: Principal;
  readonly account: string;
  readonly region: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** A password for the caller; `expiresAt` in milliseconds since the epoch. */
export const makePassword = (
  iam: EcrIam,
  { principal, account, region }: Caller,
  now: number,
): { readonly password: string; readonly expiresAt: number } => {
  const expiresAt = now + passwordLifetime;
  const payload: Payload = { principal, account, region, expiresAt };
  return { password: iam.seal(purpose, payload, now + recognisedFor), expiresAt };
};

const isPayload = (value: unknown): value is Payload =>
  typeof value === 'object' && value !== null && 'expiresAt' in value;

/** Who a password was made for, at `now` in milliseconds since the epoch. */
export type OpenPassword = (password: string, now: number) => Caller | 'unknown' | 'expired';

/** A client sends its password with every request: this many are opened once and then known. */
const knownAtMost = 1_000;

/** Opens passwords. A known one counts only until it expires; nothing else can take it back. */
export const createPasswordReader = (iam: EcrIam): OpenPassword => {
  const known = new Map<string, Payload>();
  return (password, now) => {
    const before = known.get(password);
    const payload: unknown = before && before.expiresAt > now ? before : iam.unseal(purpose, password, now);
    if (!isPayload(payload)) return 'unknown';
    if (payload.expiresAt <= now) return 'expired';
    if (payload !== before) {
      if (known.size >= knownAtMost) known.clear();
      known.set(password, payload);
    }
    const { principal, account, region } = payload;
    return { principal, account, region };
  };
};
