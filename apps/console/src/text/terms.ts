/** Names that standards give, in both languages. */
import type { Language } from './dictionary.ts';

type Names = Readonly<Record<Language, string>>;

/** Tactics of MITRE ATT&CK for Enterprise. */
const tactics: Readonly<Record<string, Names>> = {
  TA0043: { en: 'Reconnaissance', zh: '侦察' },
  TA0042: { en: 'Resource Development', zh: '资源开发' },
  TA0001: { en: 'Initial Access', zh: '初始访问' },
  TA0002: { en: 'Execution', zh: '执行' },
  TA0003: { en: 'Persistence', zh: '持久化' },
  TA0004: { en: 'Privilege Escalation', zh: '权限提升' },
  TA0005: { en: 'Defense Evasion', zh: '防御规避' },
  TA0006: { en: 'Credential Access', zh: '凭据访问' },
  TA0007: { en: 'Discovery', zh: '发现' },
  TA0008: { en: 'Lateral Movement', zh: '横向移动' },
  TA0009: { en: 'Collection', zh: '收集' },
  TA0011: { en: 'Command and Control', zh: '命令与控制' },
  TA0010: { en: 'Exfiltration', zh: '数据渗出' },
  TA0040: { en: 'Impact', zh: '影响' },
};

/** The name of an ATT&CK tactic, or `fallback` for one that is not known here. */
export function tacticName(uid: string, fallback: string, language: Language): string {
  return tactics[uid]?.[language] ?? fallback;
}

/** Control points of GB/T 22239-2019, chapter 8 (level 3), general requirements. */
const controlPoints: Readonly<Record<string, Names>> = {
  '8.1.3.1': { en: 'Boundary protection', zh: '边界防护' },
  '8.1.3.2': { en: 'Access control', zh: '访问控制' },
  '8.1.3.3': { en: 'Intrusion prevention', zh: '入侵防范' },
  '8.1.3.4': { en: 'Malicious code and spam prevention', zh: '恶意代码和垃圾邮件防范' },
  '8.1.3.5': { en: 'Security audit', zh: '安全审计' },
  '8.1.3.6': { en: 'Trusted verification', zh: '可信验证' },
  '8.1.4.1': { en: 'Identity authentication', zh: '身份鉴别' },
  '8.1.4.2': { en: 'Access control', zh: '访问控制' },
  '8.1.4.3': { en: 'Security audit', zh: '安全审计' },
  '8.1.4.4': { en: 'Intrusion prevention', zh: '入侵防范' },
  '8.1.4.5': { en: 'Malicious code prevention', zh: '恶意代码防范' },
  '8.1.4.6': { en: 'Trusted verification', zh: '可信验证' },
  '8.1.4.7': { en: 'Data integrity', zh: '数据完整性' },
  '8.1.4.8': { en: 'Data confidentiality', zh: '数据保密性' },
  '8.1.4.9': { en: 'Data backup and recovery', zh: '数据备份恢复' },
  '8.1.4.10': { en: 'Residual information protection', zh: '剩余信息保护' },
  '8.1.4.11': { en: 'Personal information protection', zh: '个人信息保护' },
  '8.1.5.1': { en: 'System management', zh: '系统管理' },
  '8.1.5.2': { en: 'Audit management', zh: '审计管理' },
  '8.1.5.3': { en: 'Security management', zh: '安全管理' },
  '8.1.5.4': { en: 'Centralised control', zh: '集中管控' },
};

/** The name of a clause of GB/T 22239-2019 (`8.1.4.4`, `8.1.4.4 c)`); undefined for one not known here. */
export function clauseName(clause: string, language: Language): string | undefined {
  const point = /^8\.\d+\.\d+\.\d+/.exec(clause)?.[0];
  return point === undefined ? undefined : controlPoints[point]?.[language];
}
