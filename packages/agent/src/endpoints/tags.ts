import { AwsError, callAws, ecsModel } from '@oreno/aws-wire';
import type { AgentRuntime } from '../domain/agent-runtime.ts';
import type { MetadataError, MetadataTags } from './metadata-shapes.ts';

/** Looks up the tags of a task and of its container instance at the control plane; what fails becomes an error entry. */
export const lookUpTags = async (
  runtime: Pick<AgentRuntime, 'endpoint' | 'region' | 'credentials' | 'state' | 'now'>,
  taskArn: string,
): Promise<MetadataTags> => {
  const tagsOf = async (resourceArn: string): Promise<Record<string, string>> => {
    const { tags = [] } = await callAws({
      origin: runtime.endpoint,
      model: ecsModel,
      operation: 'ListTagsForResource',
      input: { resourceArn },
      region: runtime.region,
      credentials: await runtime.credentials(),
      // The whole request of the container is given five seconds.
      timeoutMs: 4000,
      now: runtime.now,
    });
    return Object.fromEntries(tags.map(({ key, value }) => [key ?? '', value ?? '']));
  };
  const errors: MetadataError[] = [];
  const tryTagsOf = async (field: 'TaskTags' | 'ContainerInstanceTags', arn: string): Promise<MetadataTags> => {
    try {
      return { [field]: await tagsOf(arn) };
    } catch (error) {
      const code = error instanceof AwsError ? error.code : 'RequestError';
      errors.push({
        ErrorField: field,
        ErrorCode: code,
        ErrorMessage: error instanceof Error ? error.message : String(error),
        StatusCode: error instanceof AwsError ? 400 : 500,
        RequestId: '',
        ResourceARN: arn,
      });
      return {};
    }
  };
  const [ofInstance, ofTask] = await Promise.all([
    tryTagsOf('ContainerInstanceTags', runtime.state.identity.containerInstanceArn),
    tryTagsOf('TaskTags', taskArn),
  ]);
  return { ...ofInstance, ...ofTask, ...(errors.length === 0 ? {} : { Errors: errors }) };
};
