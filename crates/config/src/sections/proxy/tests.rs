//! Tests of whole configurations: defaults, legacy, mistakes and what is said about them.

use diag::Severity;
use state::proxy::Mode;

use crate::model::{CheckKind, CookieMode, FormatChoice, HttpConnection, SwitchTarget};
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
    let CheckKind::Http(check) = &loaded.config.proxies[1].check else { panic!("an HTTP check") };
    assert_eq!((&*check.method, &*check.uri, &*check.version), (&b"HEAD"[..], &b"/a"[..], &b"HTTP/1.1"[..]));
    let headers: Vec<(&[u8], &[u8])> = check.headers.iter().map(|(n, v)| (&**n, &**v)).collect();
    assert_eq!(headers, [(&b"Host"[..], &b"x.com"[..]), (b"X-A", b"b")]);
    assert!(check.is_negated && check.expect_status == [(500, 599)] && &*check.body == b"c");
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

#[test]
fn a_tcp_check_without_steps_is_a_connection() {
    let kind = |lines: &str| loaded(&section_for(Sections::BACKEND, lines)).config.proxies[1].check.clone();
    assert!(matches!(kind("option tcp-check\n  tcp-check connect"), CheckKind::Tcp));
    assert!(matches!(kind("option tcp-check\n  tcp-check send x"), CheckKind::Later("option tcp-check")));
    assert!(matches!(kind("tcp-check send x\n  option tcp-check"), CheckKind::Later("option tcp-check")));
    assert!(matches!(kind("tcp-check send x"), CheckKind::Tcp));
    assert!(matches!(kind("option tcp-check\n  tcp-check send x\n  option httpchk"), CheckKind::Http(_)));
    assert!(matches!(kind("option ssl-hello-chk"), CheckKind::SslHello));
    assert!(matches!(kind("option ssl-hello-chk\n  http-check send uri /"), CheckKind::SslHello));
}

#[test]
fn what_has_no_effect_yet_is_told_once() {
    let text = "defaults\n  option h1-case-adjust-bogus-server\nbackend a\nbackend b\n  no option h1-case-adjust-bogus-server\n";
    let loaded = loaded(text);
    let told: Vec<String> = loaded.diags.iter().map(testing::shown).collect();
    assert_eq!(told, ["2:3 `option h1-case-adjust-bogus-server` is accepted, but not carried out yet"]);
}
