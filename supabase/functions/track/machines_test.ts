/** Who opens mail without reading it. */

import { assertEquals } from "../_shared/assert_test_kit.ts";
import { isMachine } from "./handler.ts";

Deno.test("proxies, scanners and prefetchers are machines, people's programs are not", () => {
  const agents: [string | null, boolean][] = [
    ["Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)", true],
    ["Mozilla/5.0", true],
    ["YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html", true],
    ["Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", true],
    ["Mozilla/5.0 (compatible; Googlebot/2.1)", true],
    ["python-requests/2.32", true],
    [null, true],
    ["  ", true],
    [
      "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari",
      false,
    ],
    ["Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.0", false],
    ["Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile", false],
  ];
  for (const [agent, machine] of agents) assertEquals([agent, isMachine(agent, null)], [agent, machine]);
  assertEquals(isMachine("Mozilla/5.0 (X11) Firefox/140.0", "prefetch;prerender"), true);
});
