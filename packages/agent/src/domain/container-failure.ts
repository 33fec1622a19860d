/**
 * A step of a container failed for good: the container is STOPPED with `<name>: <message>` as its reason, in ECS's
 * names (developer guide, "Amazon ECS stopped tasks error messages").
 */
export type ContainerFailureName =
  | 'CannotPullContainerError'
  | 'CannotPullECRContainerError'
  | 'CannotPullContainerAuthError'
  | 'CannotCreateContainerError'
  | 'CannotStartContainerError'
  | 'ContainerVanishedError'
  | 'DockerClientConfigError'
  | 'DockerTimeoutError'
  | 'HostConfigError';

export class ContainerFailure extends Error {
  override readonly name: ContainerFailureName;
  /** Of a pull that failed: when it began, in milliseconds since the epoch. */
  pullStartedAt: number | undefined;

  constructor(name: ContainerFailureName, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = name;
  }

  /** The reason as ECS shows it. */
  get reason(): string {
    return `${this.name}: ${this.message}`;
  }
}

/** Something of the task itself could not be made: the whole task stops with this reason. */
export class TaskFailure extends Error {}
