import type { MachineSize } from './reservation.ts';

/** A registered container instance of the capacity provider. */
export interface CapacityInstance extends MachineSize {
  readonly containerInstanceId: string;
  readonly status: 'ACTIVE' | 'DRAINING';
  readonly availabilityZone: string;
  readonly registeredAt: number;
  /** Whether tasks other than daemons' are to run there. */
  readonly isBusy: boolean;
  /** Tasks of any kind that still occupy it. */
  readonly tasks: number;
}
