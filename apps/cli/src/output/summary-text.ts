/** The agent's summary for a person. */
import type { SensorStatus, Summary } from '@redoubt/agent/contract';
import type { Output } from './output.ts';
import { safe } from './safe.ts';
import { bytes, dateTime, span } from './values.ts';
import { pad, width } from './width.ts';

const sensorStates = {
  running: { en: 'running', zh: '运行中' },
  reduced: { en: 'reduced', zh: '受限' },
  failed: { en: 'failed', zh: '失效' },
} as const;

function sensorLine(sensor: SensorStatus, output: Output): string {
  const style = sensor.state === 'running' ? 'green' : sensor.state === 'reduced' ? 'yellow' : 'red';
  const attached = sensor.hooks.filter(hook => hook.attached).length;
  const hooks =
    sensor.hooks.length === 0
      ? ''
      : output.say({
          en: `, ${attached} of ${sensor.hooks.length} hooks`,
          zh: `，${attached}/${sensor.hooks.length} 个挂载点`,
        });
  const state = output.style(style, output.say(sensorStates[sensor.state]));
  return `${safe(sensor.name)} ${state}${hooks}${sensor.detail ? ` — ${safe(sensor.detail)}` : ''}`;
}

function latency(value: number | null, output: Output): string {
  return value === null ? output.say({ en: 'none yet', zh: '暂无' }) : `${value.toFixed(1)} ms`;
}

/** Lines about the host, the agent, its sensors, rates, losses and findings. */
export function summaryLines(summary: Summary, output: Output): string[] {
  const say = (en: string, zh: string) => output.say({ en, zh });
  const { host, agent, events, store, rules, findings, latency_ms: delays } = summary;
  const number = (value: number) => value.toLocaleString('en-US');
  const lost = events.lost + events.dropped;
  const { forgotten = 0 } = rules;
  const rows: [string, string][] = [
    [say('host', '主机'), `${safe(host.hostname)}, ${safe(host.os)}, Linux ${safe(host.kernel)}`],
    [
      say('agent', '代理'),
      say(
        `${safe(agent.version)}, pid ${agent.pid}, up ${span(Date.now() - agent.started, 'en')}, ${bytes(agent.rss_bytes)}, ${agent.cpu_percent.toFixed(1)} % of a core`,
        `${safe(agent.version)}，pid ${agent.pid}，已运行 ${span(Date.now() - agent.started, 'zh')}，内存 ${bytes(agent.rss_bytes)}，占单核 ${agent.cpu_percent.toFixed(1)} %`,
      ),
    ],
    ...summary.sensors.map((sensor, index): [string, string] => [
      index === 0 ? say('sensors', '传感器') : '',
      sensorLine(sensor, output),
    ]),
    [
      say('events', '事件'),
      say(
        `${number(events.total)} seen, ${events.per_second.toFixed(0)}/s, ${number(events.stored)} stored`,
        `已见 ${number(events.total)}，${events.per_second.toFixed(0)}/秒，已存 ${number(events.stored)}`,
      ),
    ],
    [
      say('lost', '丢失'),
      lost === 0
        ? output.style('green', '0')
        : output.style(
            'red',
            say(
              `${number(events.lost)} not seen, ${number(events.dropped)} not stored`,
              `未见 ${number(events.lost)}，未存 ${number(events.dropped)}`,
            ),
          ),
    ],
    [
      say('delay', '延迟'),
      say(
        `event to finding p99 ${latency(delays.event_to_finding_p99, output)}, to stored p99 ${latency(delays.event_to_stored_p99, output)}`,
        `事件到告警 p99 ${latency(delays.event_to_finding_p99, output)}，到存储 p99 ${latency(delays.event_to_stored_p99, output)}`,
      ),
    ],
    [
      say('record', '记录'),
      `${bytes(store.bytes)} / ${bytes(store.limit_bytes)}` +
        (store.oldest_time === null
          ? ''
          : say(`, since ${dateTime(store.oldest_time)}`, `，始于 ${dateTime(store.oldest_time)}`)),
    ],
    [
      say('rules', '规则'),
      say(
        `${rules.loaded} loaded, ${rules.refused} refused${forgotten === 0 ? '' : `; correlations let go of ${number(forgotten)} groups and events`}`,
        `已加载 ${rules.loaded}，拒绝 ${rules.refused}${forgotten === 0 ? '' : `；关联分析放弃了 ${number(forgotten)} 个分组和事件`}`,
      ),
    ],
    [say('findings', '告警'), say(`${findings.open} open`, `${findings.open} 条未解决`)],
    ...summary.warnings.map((warning): [string, string] => [
      output.style('yellow', say('warning', '警告')),
      safe(output.say(warning)),
    ]),
  ];
  const widest = Math.max(...rows.map(([name]) => width(name)));
  return rows.map(([name, value]) => `${pad(name, widest)}  ${value}`);
}
