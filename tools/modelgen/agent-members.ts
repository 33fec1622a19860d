/**
 * Members that Amazon's container agent sends and the published service model does not name. The agent has a
 * model of its own; what it says there is public in the source of amazon-ecs-agent.
 */
import type { SourceModel, SourceReference } from './source.ts';

type Additions = Readonly<Record<string, Readonly<Record<string, SourceReference>>>>;

const additions: Readonly<Record<string, Additions>> = {
  ecs: {
    RegisterContainerInstanceRequest: { clientToken: { shape: 'String' } },
  },
};

/** The model with the agent's members, which are all optional. */
export const withAgentMembers = (service: string, model: SourceModel): SourceModel => {
  const shapes = Object.entries(additions[service] ?? {}).map(([name, members]) => {
    const shape = model.shapes[name];
    if (shape === undefined) throw new Error(`${service} has no shape ${name}`);
    return [name, { ...shape, members: { ...shape.members, ...members } }] as const;
  });
  return { ...model, shapes: { ...model.shapes, ...Object.fromEntries(shapes) } };
};
