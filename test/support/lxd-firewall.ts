/** The firewall rules that a test's LXD made for its bridges: Debian's 5.0.2 leaves them when a network is deleted. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const tables = ['filter', 'nat', 'mangle'];

/** Removes the rules of a bridge, and of the networks that a test named after it with one more letter. */
export const removeFirewallRules = async (bridge: string): Promise<void> => {
  const isOwn = new RegExp(`"generated for LXD network(?:-forward)? ${bridge}[a-z]?"`);
  for (const table of tables) {
    // Where there is no iptables LXD made no rules by it.
    const { stdout } = await run('iptables', ['-w', '5', '-t', table, '-S']).catch(() => ({ stdout: '' }));
    const rules = stdout.split('\n').filter((rule) => rule.startsWith('-A ') && isOwn.test(rule));
    if (rules.length === 0) continue;
    const restore = run('iptables-restore', ['--noflush', '--wait', '5']);
    restore.child.stdin?.end([`*${table}`, ...rules.map((rule) => `-D${rule.slice(2)}`), 'COMMIT', ''].join('\n'));
    await restore;
  }
};
