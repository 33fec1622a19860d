/**
 * The messages of the agent communication service (ACS), as they travel on its websocket. Both sides put one
 * JSON envelope in each text frame. Everything a backend sends is optional on the wire; members that are plain
 * here are the ones without which the agent refuses the message. Times are epoch milliseconds where numeric.
 */

export interface Envelope<Type extends string = string, Message = unknown> {
  readonly type: Type;
  readonly message: Message;
}

export interface AcsRoleCredentials {
  /** Stable for the life of the task: containers hold its URI in their environment. */
  readonly credentialsId: string;
  readonly roleArn?: string | undefined;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  /** ISO 8601; echoed in the acknowledgement as it came. */
  readonly expiration?: string | undefined;
}

export type AcsDependencyCondition = 'START' | 'COMPLETE' | 'SUCCESS' | 'HEALTHY';

export interface AcsDependency {
  readonly containerName: string;
  readonly condition: AcsDependencyCondition;
}

export interface AcsPortMapping {
  readonly containerPort?: number | undefined;
  readonly hostPort?: number | undefined;
  /** `8080-8090`: mapped to a contiguous range of the host. */
  readonly containerPortRange?: string | undefined;
  readonly protocol?: 'tcp' | 'udp' | undefined;
}

export interface AcsMountPoint {
  readonly sourceVolume: string;
  readonly containerPath: string;
  readonly readOnly?: boolean | undefined;
}

export interface AcsRegistryAuthentication {
  readonly type: 'ecr' | 'asm';
  readonly ecrAuthData?:
    | {
        readonly registryId?: string | undefined;
        readonly region?: string | undefined;
        readonly endpointOverride?: string | undefined;
        readonly useExecutionRole?: boolean | undefined;
      }
    | undefined;
  readonly asmAuthData?:
    | { readonly credentialsParameter?: string | undefined; readonly region?: string | undefined }
    | undefined;
}

export interface AcsRestartPolicy {
  readonly enabled: boolean;
  readonly ignoredExitCodes?: readonly number[] | undefined;
  /** Seconds a container must have run before it may be restarted; 300 when absent. */
  readonly restartAttemptPeriod?: number | undefined;
}

export interface AcsSecret {
  readonly name: string;
  readonly valueFrom?: string | undefined;
  readonly provider?: 'ssm' | 'asm' | undefined;
  readonly region?: string | undefined;
  readonly type?: 'ENVIRONMENT_VARIABLE' | 'MOUNT_POINT' | 'BOOTSTRAP' | undefined;
  readonly target?: 'CONTAINER' | 'LOG_DRIVER' | undefined;
}

export interface AcsContainer {
  readonly name: string;
  readonly image: string;
  readonly essential?: boolean | undefined;
  readonly containerArn?: string | undefined;
  readonly command?: readonly string[] | undefined;
  readonly entryPoint?: readonly string[] | undefined;
  readonly environment?: Readonly<Record<string, string>> | undefined;
  readonly secrets?: readonly AcsSecret[] | undefined;
  /** Docker CpuShares. */
  readonly cpu?: number | undefined;
  /** Hard limit, MiB. */
  readonly memory?: number | undefined;
  readonly portMappings?: readonly AcsPortMapping[] | undefined;
  /** `name` or `name:alias`. */
  readonly links?: readonly string[] | undefined;
  readonly mountPoints?: readonly AcsMountPoint[] | undefined;
  readonly volumesFrom?:
    | readonly { readonly sourceContainer: string; readonly readOnly?: boolean | undefined }[]
    | undefined;
  readonly dependsOn?: readonly AcsDependency[] | undefined;
  /** Seconds. */
  readonly startTimeout?: number | undefined;
  /** Seconds. */
  readonly stopTimeout?: number | undefined;
  /** JSON texts in Docker's own words, laid over what the other members say. */
  readonly dockerConfig?:
    | {
        readonly version?: string | undefined;
        readonly config?: string | undefined;
        readonly hostConfig?: string | undefined;
      }
    | undefined;
  readonly healthCheckType?: string | undefined;
  readonly registryAuthentication?: AcsRegistryAuthentication | undefined;
  readonly logsAuthStrategy?: string | undefined;
  readonly managedAgents?:
    | readonly { readonly name: string; readonly properties?: Readonly<Record<string, string>> | undefined }[]
    | undefined;
  /** JSON text; only `command` is allowed in it. */
  readonly overrides?: string | undefined;
  readonly restartPolicy?: AcsRestartPolicy | undefined;
}

export interface AcsVolume {
  readonly name: string;
  readonly type?: string | undefined;
  readonly host?: { readonly sourcePath?: string | undefined } | undefined;
  readonly dockerVolumeConfiguration?:
    | {
        readonly scope?: 'task' | 'shared' | undefined;
        readonly autoprovision?: boolean | undefined;
        readonly driver?: string | undefined;
        readonly driverOpts?: Readonly<Record<string, string>> | undefined;
        readonly labels?: Readonly<Record<string, string>> | undefined;
      }
    | undefined;
}

export interface AcsElasticNetworkInterface {
  readonly ec2Id?: string | undefined;
  readonly macAddress?: string | undefined;
  readonly attachmentArn?: string | undefined;
  readonly name?: string | undefined;
  readonly index?: number | undefined;
  readonly ipv4Addresses?:
    | readonly { readonly primary?: boolean | undefined; readonly privateAddress: string }[]
    | undefined;
  readonly ipv6Addresses?: readonly { readonly address: string }[] | undefined;
  /** With prefix length: `10.0.0.1/24`. */
  readonly subnetGatewayIpv4Address?: string | undefined;
  readonly domainNameServers?: readonly string[] | undefined;
  readonly domainName?: readonly string[] | undefined;
  readonly privateDnsName?: string | undefined;
}

export interface AcsAttachment {
  readonly attachmentArn: string;
  readonly attachmentType?: string | undefined;
  readonly attachmentProperties?: readonly { readonly name: string; readonly value: string }[] | undefined;
}

export type AcsNetworkMode = 'bridge' | 'host' | 'awsvpc' | 'none';

export interface AcsTask {
  readonly arn: string;
  readonly taskClusterArn?: string | undefined;
  readonly family: string;
  /** The revision, as text. */
  readonly version: string;
  readonly desiredStatus: 'RUNNING' | 'STOPPED';
  readonly containers: readonly AcsContainer[];
  readonly networkMode?: AcsNetworkMode | '' | undefined;
  /** vCPU: 0.25 is a quarter of a core. */
  readonly cpu?: number | undefined;
  /** MiB. */
  readonly memory?: number | undefined;
  readonly pidMode?: string | undefined;
  readonly ipcMode?: string | undefined;
  readonly volumes?: readonly AcsVolume[] | undefined;
  readonly roleCredentials?: AcsRoleCredentials | undefined;
  readonly executionRoleCredentials?: AcsRoleCredentials | undefined;
  readonly elasticNetworkInterfaces?: readonly AcsElasticNetworkInterface[] | undefined;
  readonly associations?:
    | readonly {
        readonly name: string;
        readonly type: string;
        readonly containers: readonly string[];
        readonly content: { readonly encoding: string; readonly value: string };
      }[]
    | undefined;
  readonly attachments?: readonly AcsAttachment[] | undefined;
  readonly launchType?: string | undefined;
  readonly serviceName?: string | undefined;
  readonly group?: string | undefined;
}

export interface PayloadMessage {
  readonly messageId: string;
  readonly clusterArn?: string | undefined;
  readonly containerInstanceArn?: string | undefined;
  readonly generatedAt?: number | undefined;
  readonly seqNum?: number | undefined;
  readonly tasks: readonly AcsTask[];
}

export interface HeartbeatMessage {
  readonly healthy?: boolean | undefined;
  readonly messageId?: string | undefined;
}

export interface RoleCredentialsMessage {
  readonly messageId: string;
  readonly taskArn: string;
  readonly roleType: 'TaskApplication' | 'TaskExecution';
  readonly roleCredentials: AcsRoleCredentials;
}

export interface TaskIdentifier {
  readonly taskArn: string;
  readonly taskClusterArn: string;
  readonly desiredStatus: 'RUNNING' | 'STOPPED';
}

export interface TaskManifestMessage {
  readonly messageId: string;
  readonly clusterArn?: string | undefined;
  readonly containerInstanceArn?: string | undefined;
  readonly timeline: number;
  readonly tasks?: readonly TaskIdentifier[] | undefined;
}

export interface TaskStopVerificationAck {
  readonly messageId: string;
  readonly stopTasks?: readonly TaskIdentifier[] | undefined;
}

export interface AttachTaskNetworkInterfacesMessage {
  readonly messageId: string;
  readonly clusterArn?: string | undefined;
  readonly containerInstanceArn?: string | undefined;
  readonly taskArn: string;
  readonly waitTimeoutMs?: number | undefined;
  readonly elasticNetworkInterfaces?: readonly AcsElasticNetworkInterface[] | undefined;
}

/** What the agent understands when the backend says it, by envelope type. */
export interface BackendMessages {
  readonly PayloadMessage: PayloadMessage;
  readonly HeartbeatMessage: HeartbeatMessage;
  readonly IAMRoleCredentialsMessage: RoleCredentialsMessage;
  readonly TaskManifestMessage: TaskManifestMessage;
  readonly TaskStopVerificationAck: TaskStopVerificationAck;
  readonly AttachTaskNetworkInterfacesMessage: AttachTaskNetworkInterfacesMessage;
  readonly ConfirmAttachmentMessage: { readonly messageId: string };
  readonly StageUpdateMessage: { readonly messageId: string };
  readonly PerformUpdateMessage: { readonly messageId: string };
}
