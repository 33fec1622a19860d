/**
 * Which firewall rules lead 169.254.170.2:80 to the agent, and what must change to have them. Pure: from what
 * `iptables -t nat -S` prints to what `iptables-restore` takes.
 *
 * Packets from containers are redirected where they come in, per bridge, to the bridge's own address, where the agent
 * listens; packets of the machine itself (dockerd, tasks in host mode) to loopback. So loopback need not be routed to
 * containers. Each agent has chains of its own, named after its port: several can live on one machine.
 */
export const METADATA_ADDRESS = '169.254.170.2';

const MATCH = `-d ${METADATA_ADDRESS}/32`;
const TCP = '-p tcp -m tcp --dport 80';

interface Chain {
  readonly name: string;
  /** The built-in chain that jumps to it. */
  readonly parent: 'PREROUTING' | 'OUTPUT';
  readonly rules: readonly string[];
}

const chainNames = (port: number): { readonly incoming: string; readonly outgoing: string } => ({
  incoming: `ORENO-IN-${port}`,
  outgoing: `ORENO-OUT-${port}`,
});

const chainsOf = (port: number, devices: readonly string[]): readonly Chain[] => {
  const { incoming, outgoing } = chainNames(port);
  return [
    {
      name: incoming,
      parent: 'PREROUTING',
      rules: devices.map((device) => `-A ${incoming} ${MATCH} -i ${device} ${TCP} -j REDIRECT --to-ports ${port}`),
    },
    { name: outgoing, parent: 'OUTPUT', rules: [`-A ${outgoing} ${MATCH} ${TCP} -j REDIRECT --to-ports ${port}`] },
  ];
};

const jumpOf = ({ name, parent }: Chain): string => `${parent} ${MATCH} ${TCP} -j ${name}`;

const script = (lines: readonly string[]): string => ['*nat', ...lines, 'COMMIT', ''].join('\n');

/** What to restore so that the rules of an agent are there; undefined when they are. */
export const decideRules = (
  present: readonly string[],
  port: number,
  devices: readonly string[],
): string | undefined => {
  const lines = new Set(present);
  const steps = chainsOf(port, devices.toSorted()).flatMap((chain) => {
    const had = present.filter((line) => line.startsWith(`-A ${chain.name} `));
    const same = lines.has(`-N ${chain.name}`) && had.join('\n') === chain.rules.join('\n');
    const jump = jumpOf(chain);
    return {
      // Naming a chain empties it, or makes it.
      chain: same ? [] : [`:${chain.name} - [0:0]`],
      rules: same ? [] : chain.rules,
      jump: lines.has(`-A ${jump}`) ? [] : [`-I ${jump.replace(chain.parent, `${chain.parent} 1`)}`],
    };
  });
  const all = [
    ...steps.flatMap(({ chain }) => chain),
    ...steps.flatMap(({ rules }) => rules),
    ...steps.flatMap(({ jump }) => jump),
  ];
  return all.length === 0 ? undefined : script(all);
};

/** What to restore so that the rules of an agent are gone; undefined when there are none. */
export const decideRemoval = (present: readonly string[], port: number): string | undefined => {
  const lines = new Set(present);
  const chains = chainsOf(port, []);
  const all = [
    ...chains
      .map((chain) => `-A ${jumpOf(chain)}`)
      .filter((line) => lines.has(line))
      .map((line) => line.replace('-A', '-D')),
    ...chains.filter(({ name }) => lines.has(`-N ${name}`)).flatMap(({ name }) => [`-F ${name}`, `-X ${name}`]),
  ];
  return all.length === 0 ? undefined : script(all);
};

/** The ports of all agents that have rules here. */
export const agentPorts = (present: readonly string[]): readonly number[] => [
  ...new Set(
    present
      .map((line) => /^-N ORENO-(?:IN|OUT)-(\d+)$/.exec(line)?.[1])
      .filter((port) => port !== undefined)
      .map(Number),
  ),
];
