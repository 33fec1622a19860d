/** What every part of the contract works on. */
import type { Instance, Lxd } from '@oreno/lxd';

export interface ContractServer {
  readonly lxd: Lxd;
  /** Alias of the image. */
  readonly image: string;
  stop(): Promise<void>;
}

export interface ContractWorld extends Omit<ContractServer, 'stop'> {
  /** An instance that runs. */
  readonly web: Instance;
  /** A folder of this machine to work in. */
  readonly folder: string;
}
