//! Tests of whole configurations: defaults, legacy, mistakes and what is said about them.

use diag::Severity;
use state::proxy::Mode;

use crate::model::{
    CheckAction, CheckKind, CheckPattern, CheckSend, CookieMode, FormatChoice, HttpConnection, SwitchTarget,
};
use crate::sections::testing::{self, errors, loaded, notes, section_for, warnings};
use keyword::Sections;

const TIMEOUTS: &str = "timeout client 30s\ntimeout server 30s\ntimeout connect 30s\n";

#[test]
fn rules_need_a_named_defaults_section() {
    for line in [
        "http-request set-header X-Hdr 1",
        "http-response set-header X-Hdr 1",
        "tcp-request connection accept",
        "tcp-request session accept",
        "tcp-request inspect-delay 5s",
        "tcp-request content accept",
        "tcp-response inspect-delay 5s",
        "tcp-response content accept",
        "acl a src 127.0.0.1",
    ] {
        assert_eq!(errors(&format!("defaults\n  {line}\n")).len(), 1, "{line}");
        assert_eq!(errors(&format!("defaults d\n  {line}\n")), [""; 0], "{line}");
    }
}

#[test]
fn a_defaults_section_with_rules_is_inherited_by_one_kind_of_section() {
    let content = "tcp-request inspect-delay 5s\n  tcp-request content accept\n";
    let response = "tcp-response inspect-delay 5s\n  tcp-response content accept\n";
    let fe = "frontend fe from d\n  bind 127.0.0.1:1\n";
    let fe2 = "frontend fe2 from d\n  bind 127.0.0.1:2\n";
    let be = "backend be from d\n  server s 127.0.0.1:80\n";
    let listen = "listen li from d\n  bind 127.0.0.1:1\n  server s 127.0.0.1:80\n";
    for (rules, heirs, is_good) in [
        (response, "defaults from d\n  mode tcp\n", false),
        (content, listen, false),
        (content, &format!("{fe}{be}"), false),
        (content, &format!("{fe}{fe2}"), true),
        ("tcp-request connection accept\n", be, false),
        ("tcp-request session accept\n", be, false),
        (response, fe, false),
        (response, be, true),
    ] {
        let text = format!("defaults d\n  {TIMEOUTS}  {rules}{heirs}");
        assert_eq!(errors(&text).is_empty(), is_good, "{text}\n{:?}", errors(&text));
    }
}

#[test]
fn a_defaults_section_knows_no_current_proxy() {
    let http = |rule: &str| {
        format!("defaults d\n  mode http\n  {rule}\nbackend be from d\n  server www 127.0.0.1:80\n")
    };
    assert_eq!(errors(&http("http-request set-header x \"%[srv_conn(www)]\"")).len(), 1);
    assert_eq!(errors(&http("http-request set-header x \"%[srv_conn(be/www)]\"")), [""; 0]);
    assert_eq!(errors(&http("http-request set-header x \"%[be_conn]\"")), [""; 0]);
    assert_eq!(errors(&http("http-request track-sc0 src")).len(), 1);
    assert_eq!(errors(&http("http-request track-sc0 src table be")), [""; 0]);
}

#[test]
fn inherited_lines_are_told_once_and_apply_to_the_side_that_they_are_for() {
    let text = "defaults\n  mode http\n  cookie S insert\n  maxcon 5\n  timeout client 1s\nfrontend f\n  bind :1\n\
                backend b\n  server s 127.0.0.1:1\n";
    let errors = errors(text);
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert!(
        errors[0].starts_with("4:3 unknown keyword `maxcon`") && errors[0].ends_with("-> maxconn"),
        "{errors:?}"
    );
    let loaded = loaded(&text.replace("maxcon 5", "maxconn 5"));
    let [frontend, backend] = loaded.config.proxies.as_slice() else { panic!("two proxies") };
    assert!(frontend.cookie.is_none() && frontend.maxconn == 5 && frontend.mode == Mode::Http);
    assert_eq!(backend.cookie.as_ref().map(|cookie| cookie.mode), Some(CookieMode::Insert));
    assert_eq!(backend.maxconn, 0);
}

#[test]
fn unknown_words_get_a_suggestion_at_their_place() {
    for (line, place, near) in [
        ("timeout clinet 1s", "16:11", "client"),
        ("option httplgo", "16:10", "httplog"),
        ("balanse source", "16:3", "balance"),
        ("mode htpt", "16:8", "http"),
        ("use_backend bee", "16:15", "be"),
    ] {
        let errors = errors(&section_for(Sections::LISTEN, line));
        assert_eq!(errors.len(), 1, "{line}: {errors:?}");
        assert!(
            errors[0].starts_with(place) && errors[0].ends_with(&format!("-> {near}")),
            "{line}: {errors:?}"
        );
    }
}

#[test]
fn no_and_default_work_on_options_only() {
    let text = "defaults\n  option httpclose\n  option dontlognull\n  log 127.0.0.1 local0\nfrontend f\n  bind :1\n  \
                no option httpclose\n  no option dontlognull\n  no log\n";
    let loaded = loaded(text);
    assert!(!loaded.diags.has_errors());
    let proxy = &loaded.config.proxies[0];
    assert_eq!(proxy.options.connection, HttpConnection::KeepAlive);
    assert!(!proxy.options.dontlognull.is_on() && proxy.logs.is_empty());
    assert!(errors("frontend f\n  no maxconn 5\n")[0].contains("cannot be negated"));
}

#[test]
fn old_words_work_and_tell_the_new_ones() {
    let text = "listen l 127.0.0.1:1,127.0.0.1:2\n  mode http\n  clitimeout 5000\n  contimeout 5000\n  srvtimeout 5000\n  \
                redispatch\n  option forceclose\n  block if { path /x }\n  reqadd X:\\ 1\n  reqidel ^Y:\n  \
                server s 127.0.0.1:3\n";
    assert_eq!(errors(text), [""; 0]);
    let warnings = warnings(text);
    assert_eq!(warnings.len(), 9, "{warnings:#?}");
    let loaded = loaded(text);
    let proxy = &loaded.config.proxies[0];
    assert_eq!(proxy.binds.len(), 2);
    assert_eq!(proxy.timeouts.client.unwrap().as_secs(), 5);
    assert_eq!((proxy.options.redispatch, proxy.rules.block.rules.len()), (-1, 1));
    // What is added runs last, wherever it stands.
    assert!(format!("{:?}", proxy.rules.legacy_request.rules[1].action).starts_with("Add"));
}

#[test]
fn reqsetbe_is_a_rule_and_one_switch() {
    let lines = "use_backend be if { path /x }\n  reqsetbe ^Host:\\ a be\n  reqisetbe ^host:\\ b be";
    let loaded = loaded(&section_for(Sections::FRONTEND, lines));
    assert!(!loaded.diags.has_errors(), "{:?}", loaded.diags);
    let proxy = &loaded.config.proxies[1];
    assert_eq!(proxy.rules.legacy_request.rules.len(), 2);
    assert_eq!(proxy.switching.len(), 2);
    assert!(matches!(proxy.switching[0].target, SwitchTarget::Computed(_)));
    assert_eq!(errors(&section_for(Sections::FRONTEND, "reqsetbe ^Host:\\ a nowhere")).len(), 1);
}

#[test]
fn a_stick_rule_needs_its_table() {
    let told = errors(&section_for(Sections::BACKEND, "stick on src"));
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(errors(&section_for(Sections::BACKEND, "stick on src table be")), [""; 0]);
    assert_eq!(errors(&section_for(Sections::BACKEND, "appsession JSESSIONID len 52 timeout 3h")), [""; 0]);
}

#[test]
fn a_torn_regular_expression_is_put_together() {
    let line = r"reqirep ^([^ :]*)\ /mirror/foo/(.*)     \1\ /\2";
    let text = section_for(Sections::BACKEND, line);
    assert_eq!(errors(&text), [""; 0]);
    let notes = notes(&text);
    let corrected = r"reqirep ^([^\ :]*)\ /mirror/foo/(.*) \1\ /\2";
    assert!(notes.iter().any(|note| note.ends_with(corrected)), "{notes:#?}");
}

#[test]
fn a_stray_blank_is_pointed_at_and_the_line_shown_right() {
    let line = r"rspirep ^Set-Cookie: (appsession.*)   Set-Cookie: \1; HttpOnly";
    let text = section_for(Sections::BACKEND, line);
    let errors = errors(&text);
    assert_eq!(errors.len(), 1);
    assert!(errors[0].starts_with("15:23 "), "{errors:?}");
    let notes = notes(&text);
    let corrected = r"rspirep ^Set-Cookie:\ (appsession.*) Set-Cookie:\ \1;\ HttpOnly";
    assert!(notes.iter().any(|note| note.ends_with(corrected)), "{notes:?}");
}

#[test]
fn an_unquoted_log_format_takes_the_rest_of_the_line() {
    let line = "log-format %ci:%cp [%t]  %ft {%hr} %{+Q}r # a comment";
    let text = section_for(Sections::FRONTEND, line);
    assert_eq!(errors(&text), [""; 0]);
    let notes = notes(&text);
    let quoted = "log-format \"%ci:%cp [%t]  %ft {%hr} %{+Q}r\"";
    assert!(notes.iter().any(|note| note.ends_with(quoted)), "{notes:#?}");
    assert!(matches!(loaded(&text).config.proxies[1].log_format, FormatChoice::Custom(_)));
}

#[test]
fn checks_of_old_and_new_files() {
    let text = section_for(
        Sections::BACKEND,
        "http-check expect ! status 500-599\n  option httpchk HEAD /a HTTP/1.1\\r\\nHost:\\ x.com\n  \
         http-check send hdr X-A b body c",
    );
    let loaded = loaded(&text);
    assert!(!loaded.diags.has_errors(), "{:?}", loaded.diags);
    let script = loaded.config.proxies[1].check.script().unwrap();
    let [_, send, expect] = script.steps.as_slice() else { panic!("{script:?}") };
    let CheckAction::Send(CheckSend::Http(request)) = &send.action else { panic!("{send:?}") };
    assert_eq!(request.method.as_deref(), Some(&b"HEAD"[..]));
    assert_eq!(request.version.as_deref(), Some(&b"HTTP/1.1\r\nHost: x.com"[..]));
    assert_eq!(request.headers.len(), 1);
    let CheckAction::Expect(expect) = &expect.action else { panic!("{expect:?}") };
    assert!(expect.is_negated && matches!(&expect.pattern, CheckPattern::Status(s) if s[..] == [(500, 599)]));
}

#[test]
fn an_http_log_needs_mode_http() {
    let text = format!(
        "defaults\n  {TIMEOUTS}  option httplog\nlisten l\n  mode tcp\n  bind :1\n  server s 127.0.0.1:1\n"
    );
    assert!(matches!(loaded(&text).config.proxies[0].log_format, FormatChoice::Tcp(_)));
    assert_eq!(warnings(&text).len(), 1);
    let text = text.replace("mode tcp", "mode http");
    assert!(matches!(loaded(&text).config.proxies[0].log_format, FormatChoice::Http(_)));
}

#[test]
fn the_order_of_rules_is_looked_at() {
    let text = section_for(
        Sections::FRONTEND,
        "use_backend be if { path /a }\n  http-request deny\n  http-request set-header a b",
    );
    let warnings = warnings(&text);
    assert!(warnings.iter().any(|w| w.contains("runs before the `use_backend` rules")), "{warnings:?}");
    assert!(warnings.iter().any(|w| w.contains("never runs")), "{warnings:?}");
}

#[test]
fn a_filter_without_its_file_is_refused() {
    assert_eq!(errors("frontend f\n  bind :1\n  filter spoe\n").len(), 1);
    assert_eq!(errors("frontend f\n  bind :1\n  filter spoe config /nowhere\n").len(), 1);
}

#[test]
fn a_name_of_two_defaults_sections_cannot_be_used() {
    let two = "defaults d\n  mode tcp\ndefaults d\n  mode http\n";
    assert_eq!(errors(two), [""; 0]);
    assert_eq!(errors(&format!("{two}frontend f from d\n  bind :1\n")).len(), 1);
    let used = "defaults d\n  mode tcp\nfrontend f from d\n  bind :1\ndefaults d\n  mode http\n";
    assert_eq!(errors(used).len(), 1);
}

#[test]
fn what_needs_http_is_told_in_other_modes() {
    let text = "listen l\n  bind :1\n  cookie S insert\n  balance uri\n  http-request deny\n  server s 127.0.0.1:1\n";
    let told = warnings(text);
    for word in ["`cookie`", "`balance`", "`http-request`"] {
        assert!(told.iter().any(|warning| warning.contains(word)), "{word}: {told:?}");
    }
    let with_mode = text.replace("cookie", "mode http\n  cookie");
    assert!(!warnings(&with_mode).iter().any(|warning| warning.contains("mode http")));
}

#[test]
fn a_rule_without_its_action_does_not_let_requests_pass_unnoticed() {
    let lines = "http-request use-service prometheus-exporter if { path /metrics }\n  \
                 http-request lua.check\n  http-request cache-use images";
    let loaded = loaded(&section_for(Sections::FRONTEND, lines));
    let proxy = &loaded.config.proxies[1];
    assert_eq!(proxy.rules.http_request.rules.len(), 1, "the service is there");
    let told = |severity| {
        let of_it = loaded
            .diags
            .iter()
            .filter(|told| told.severity == severity && told.span.is_some_and(|s| s.line > 14));
        of_it.map(|told| told.message.clone()).collect::<Vec<_>>()
    };
    assert_eq!(told(Severity::Error), ["`http-request lua.check` is known, but not built yet"]);
    assert_eq!(told(Severity::Notice), ["`http-request cache-use` is accepted, but not carried out yet"]);
}

/// The steps of the check of a backend: `c` for a connection, `C` for one that no line asks for, and so on, each with its
/// number.
fn steps(lines: &str) -> String {
    let loaded = loaded(&section_for(Sections::BACKEND, lines));
    assert!(!loaded.diags.has_errors(), "{:?}", loaded.diags);
    let CheckKind::Script(script) = loaded.config.proxies[1].check.clone() else { panic!("a script") };
    let letter = |action: &CheckAction| match action {
        CheckAction::Connect(connect) if connect.is_implicit => 'C',
        CheckAction::Connect(_) => 'c',
        CheckAction::Send(_) => 's',
        CheckAction::Expect(_) => 'e',
        CheckAction::Act(_) => 'v',
    };
    script.steps.iter().map(|step| format!("{}{}", letter(&step.action), step.number)).collect()
}

#[test]
fn scripts_of_checks() {
    for (lines, expected) in [
        ("", "C0"),
        ("option tcp-check", "C0"),
        ("option tcp-check\n  tcp-check connect", "c1"),
        ("tcp-check send x\n  option tcp-check", "C0s1"),
        ("tcp-check send x", "C0"),
        (
            "option tcp-check\n  tcp-check comment a\n  tcp-check send x\n  tcp-check expect string y",
            "C0s2e3",
        ),
        ("option tcp-check\n  tcp-check send x\n  option httpchk", "C0s1e2"),
        ("option httpchk\n  http-check expect status 200", "C0s1e1"),
        (
            "option httpchk\n  http-check connect\n  http-check send uri /\n  http-check expect status 200",
            "c1s1e2",
        ),
        ("option httpchk\n  http-check connect", "c1s2e3"),
        ("option ssl-hello-chk\n  http-check send uri /", "C0s1e2"),
        ("option smtpchk", "c1e2e3s4e5s6e7"),
        ("option mysql-check", "c1e2"),
        ("option mysql-check user u", "c1s2e3e4"),
        ("option pgsql-check user u", "c1s2e3e4"),
        ("option ldap-check", "C0s1e2e3"),
        ("option redis-check", "C0s1e2"),
        ("option spop-check", "c1s2e3"),
        ("option tcp-check\n  tcp-check set-var(check.a) int(1)\n  tcp-check connect port 1", "v1c2"),
    ] {
        assert_eq!(steps(lines), expected, "{lines}");
    }
}

#[test]
fn own_lines_on_checks_take_the_place_of_inherited_ones() {
    let text = |own: &str| {
        format!(
            "defaults\n  {TIMEOUTS}  option httpchk GET /d HTTP/1.1\n  http-check send hdr A b\n  \
             http-check disable-on-404\nbackend b\n{own}  server s 127.0.0.1:1 check\n"
        )
    };
    let request = |own: &str| {
        let loaded = loaded(&text(own));
        assert!(!loaded.diags.has_errors(), "{:?}", loaded.diags);
        let script = loaded.config.proxies[0].check.script().unwrap().clone();
        let CheckAction::Send(CheckSend::Http(request)) = &script.steps[1].action else {
            panic!("{script:?}")
        };
        (request.method.is_some(), request.headers.len(), script.disable_on_404)
    };
    assert_eq!(request(""), (true, 1, true));
    assert_eq!(request("  option httpchk\n"), (false, 0, false));
    assert_eq!(request("  http-check send uri /own\n"), (false, 0, false));
    assert_eq!(request("  http-check disable-on-404\n  http-check send uri /own\n"), (false, 0, true));
}

#[test]
fn steps_stand_in_an_order_that_makes_sense() {
    let refused = |lines: &str| errors(&section_for(Sections::BACKEND, lines)).len();
    for wrong in [
        "option tcp-check\n  tcp-check send x\n  tcp-check connect",
        "option httpchk\n  http-check connect\n  http-check connect",
        "option httpchk\n  http-check send uri /\n  http-check send uri /",
        "option tcp-check\n  tcp-check expect string a string b",
        "option tcp-check\n  tcp-check expect min-recv 5",
        "option tcp-check\n  tcp-check expect string a ok-status L7STS",
        "option httpchk\n  http-check expect hdr a",
        "option httpchk\n  http-check expect hdr name-lf -m reg a",
        "option httpchk\n  http-check expect binary 00",
        "option external-check\n  server s 127.0.0.1:1 check",
    ] {
        assert!(refused(wrong) > 0, "{wrong}");
    }
}

#[test]
fn what_has_no_effect_yet_is_told_once() {
    let text = "defaults\n  email-alert level err\nbackend a\nbackend b\n  email-alert level info\n";
    let loaded = loaded(text);
    let told = loaded.diags.iter().map(testing::shown).filter(|told| told.contains("carried out"));
    let told: Vec<String> = told.collect();
    assert_eq!(told, ["2:3 `email-alert level` is accepted, but not carried out yet"]);
}

/// The errors of a proxy with these lines, and of a table beside it.
fn limited(lines: &str) -> String {
    let section = section_for(Sections::FRONTEND, lines);
    let table = "backend rates\n  stick-table type string size 1k store bytes_out_rate(1s)\n";
    errors(&format!("{section}{table}")).join("\n")
}

#[test]
fn bandwidth_limits_are_declared_and_enabled() {
    let stream = "  filter bwlim-out a default-limit 1m default-period 1s min-size 2k";
    let shared = "  filter bwlim-out a limit 1m key src table rates";
    for good in [
        format!("{stream}\n  http-request set-bandwidth-limit a limit 5k period 1s if TRUE"),
        format!("  http-response set-bandwidth-limit a limit int(5)\n{stream}"),
        format!("{shared}\n  http-request set-bandwidth-limit a"),
        format!("{shared}\n  filter bwlim-in b default-limit 1 default-period 1"),
    ] {
        assert_eq!(limited(&good), "", "{good}");
    }
    for (wrong, told) in [
        (
            format!("{stream}\n  http-request set-bandwidth-limit aa"),
            "did you mean `a`|no bandwidth limit `aa`",
        ),
        (format!("{shared}\n  http-request set-bandwidth-limit a limit 5k"), "is shared"),
        (format!("{stream}\n{stream}"), "already"),
        ("  filter bwlim-out a default-limit 1m key src".to_owned(), "either"),
        ("  filter bwlim-out a limit 1m default-period 1s".to_owned(), "either"),
        ("  filter bwlim-out a default-limit 1m".to_owned(), "`default-period`"),
        ("  filter bwlim-out a default-period 1s".to_owned(), "`default-limit`"),
        ("  filter bwlim-out a limit 1m".to_owned(), "`key`"),
        ("  filter bwlim-out a key src table rates".to_owned(), "`limit`"),
        ("  filter bwlim-out a limit 1m key src table nobody".to_owned(), "no table"),
        ("  filter bwlim-out a limit 1m key src".to_owned(), "no stick table"),
        ("  filter bwlim-in a limit 1m key src table rates".to_owned(), "`bytes_in_rate`"),
        ("  filter bwlim-in a default-limit 5y default-period 1s".to_owned(), "size"),
        ("  filter bwlim-in".to_owned(), "name"),
    ] {
        let errors = limited(&wrong);
        assert!(told.split('|').any(|told| errors.contains(told)), "{wrong}: {errors}");
    }
}
