/**
 * The policy for Windows: App Control for Business (WDAC), as XML of the single policy format. Element and option
 * names are those of Microsoft's `SiPolicy` schema (ConfigCI, cipolicy.xsd) and its example policies. Hashes of
 * programs (PE) are Authenticode hashes there; a catalog holds plain SHA-256, which Windows takes for other files.
 */
import type { AppRule } from './settings.ts';

/** A file by hash. */
export interface WdacHash {
  readonly action: 'allow' | 'deny';
  /** SHA-256 in hexadecimal: of a PE file its Authenticode hash, of any other its content's. */
  readonly sha256: string;
  readonly name: string;
}

/** Type of a policy that stands alone. */
const policyType = '{A244370E-44C9-4C06-B551-F6016E563076}';
const platform = '{2E07F7E4-194C-4D20-B7C9-6F44A6C5A234}';
const windowsUserMode = 12;
const windowsKernelMode = 131;

/** The hashes of rules that say one. */
export function hashesOf(rules: readonly AppRule[]): WdacHash[] {
  return rules.flatMap(({ action, sha256, path, note }) =>
    sha256 === undefined ? [] : [{ action, sha256, name: note ?? path ?? sha256 }],
  );
}

/**
 * The XML. By itself it knows nothing of Windows' own files: merge it with one of Microsoft's example policies
 * (`Merge-CIPolicy`) before enforcing it.
 * @param isAudit whether Windows only reports
 */
export function wdacPolicy(hashes: readonly WdacHash[], isAudit: boolean): string {
  const options = [
    'Enabled:UMCI',
    'Enabled:Unsigned System Integrity Policy',
    'Enabled:Advanced Boot Options Menu',
    'Enabled:Update Policy No Reboot',
    ...(isAudit ? ['Enabled:Audit Mode'] : ['Enabled:Boot Audit On Failure']),
  ];
  const rules = hashes.map(({ action, sha256, name }, at) => {
    const [element, word] = action === 'allow' ? ['Allow', 'ALLOW'] : ['Deny', 'DENY'];
    const id = `ID_${word}_R_${at + 1}`;
    const attributes = `ID="${id}" FriendlyName="${escaped(name)}" Hash="${sha256.toUpperCase()}"`;
    return { id, line: `    <${element} ${attributes} />` };
  });
  const references =
    rules.length === 0
      ? ['      <ProductSigners />']
      : [
          '      <ProductSigners>',
          '        <FileRulesRef>',
          ...rules.map(({ id }) => `          <FileRuleRef RuleID="${id}" />`),
          '        </FileRulesRef>',
          '      </ProductSigners>',
        ];
  return `${[
    '<?xml version="1.0" encoding="utf-8"?>',
    '<SiPolicy xmlns="urn:schemas-microsoft-com:sipolicy">',
    '  <VersionEx>10.0.0.0</VersionEx>',
    `  <PolicyTypeID>${policyType}</PolicyTypeID>`,
    `  <PlatformID>${platform}</PlatformID>`,
    '  <Rules>',
    ...options.map(option => `    <Rule>\n      <Option>${option}</Option>\n    </Rule>`),
    '  </Rules>',
    '  <EKUs />',
    ...(rules.length === 0
      ? ['  <FileRules />']
      : ['  <FileRules>', ...rules.map(({ line }) => line), '  </FileRules>']),
    '  <Signers />',
    '  <SigningScenarios>',
    `    <SigningScenario Value="${windowsKernelMode}" ID="ID_SIGNINGSCENARIO_DRIVERS_1" FriendlyName="Kernel mode">`,
    '      <ProductSigners />',
    '    </SigningScenario>',
    `    <SigningScenario Value="${windowsUserMode}" ID="ID_SIGNINGSCENARIO_WINDOWS" FriendlyName="User mode">`,
    ...references,
    '    </SigningScenario>',
    '  </SigningScenarios>',
    '  <UpdatePolicySigners />',
    '  <CiSigners />',
    '  <HvciOptions>0</HvciOptions>',
    '</SiPolicy>',
  ].join('\n')}\n`;
}

/** Text in an attribute. Characters that XML 1.0 cannot hold stand as U+FFFD. */
function escaped(text: string): string {
  const names: Record<string, string> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": 'apos' };
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly those that XML 1.0 refuses
      .replace(/[\u0000-\u001f\ufffe\uffff]|\p{Surrogate}/gu, '\ufffd')
      .replace(/[&<>"']/g, character => `&${names[character]};`)
  );
}
