// Markers of Redoubt's own tests and drills. They do no harm.

rule redoubt_marker_malicious
{
  meta:
    judgement = "malicious"
    confidence = 100
    title = "Redoubt's own test marker"
    title_zh = "Redoubt 自有测试标记"
    description = "a marker string that Redoubt's tests and drills place to be found"
    description_zh = "Redoubt 的测试与演练放置的标记字符串"
  strings:
    $kind = "REDOUBT-SCAN-TEST-MARKER-MALICIOUS-7d1c5e0a" ascii wide
  condition:
    $kind
}

rule redoubt_marker_suspicious
{
  meta:
    judgement = "suspicious"
    confidence = 60
    title = "Redoubt's own test marker (suspicious)"
    title_zh = "Redoubt 自有测试标记（可疑）"
    description = "a marker string that Redoubt's tests and drills place to be found"
    description_zh = "Redoubt 的测试与演练放置的标记字符串"
  strings:
    $kind = "REDOUBT-SCAN-TEST-MARKER-SUSPICIOUS-7d1c5e0a" ascii wide
  condition:
    $kind
}
