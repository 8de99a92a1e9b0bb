//! HttpOnly on an application's cookie, and the mistake that everybody makes first.

use lockgate_e2e::{Answer, HTTP, Origin, Proxy, is_reference, run};

#[test]
fn only_the_applications_cookie_changes() {
    if is_reference() {
        return;
    }
    let headers =
        ["Set-Cookie: other=1; path=/", "Set-Cookie: appsession=abc; path=/", "set-cookie: APPSESSION2=x"];
    let origin = Origin::start(move |_| Answer::status(200, &headers, "x"));
    let mut proxy = Proxy::start(&format!(
        "{HTTP}
listen fe
    bind \"fd@${{fe}}\"
    rspirep ^Set-Cookie:\\ (appsession.*)    Set-Cookie:\\ \\1;\\ HttpOnly
    server s1 {}
",
        origin.address()
    ));
    let response = proxy.get("fe", "/");
    assert_eq!(
        response.headers("set-cookie"),
        ["other=1; path=/", "appsession=abc; path=/; HttpOnly", "APPSESSION2=x; HttpOnly"]
    );
}

#[test]
fn without_backslashes_the_diagnostic_points_at_the_blank() {
    if is_reference() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let text = format!(
        "{HTTP}listen fe\n    bind 127.0.0.1:8080\n    rspirep ^Set-Cookie: (appsession.*)   Set-Cookie: \\1; HttpOnly\n"
    );
    let line = 1 + text.lines().position(|line| line.contains("rspirep")).unwrap();
    std::fs::write(directory.path().join("a.cfg"), &text).unwrap();
    let finished = run(&["-c", "-f", "a.cfg"], directory.path());
    assert_eq!(finished.status.code(), Some(1), "{}", finished.stderr);
    assert!(finished.stderr.contains(&format!("a.cfg:{line}")), "{}", finished.stderr);
    let corrected = r"rspirep ^Set-Cookie:\ (appsession.*) Set-Cookie:\ \1;\ HttpOnly";
    assert!(finished.stderr.contains(corrected), "{}", finished.stderr);
    // The column of the first stray blank, in the form for machines.
    let finished = run(&["-c", "--format", "json", "-f", "a.cfg"], directory.path());
    let blank = text.lines().nth(line - 1).unwrap().find("Cookie: ").unwrap() + "Cookie:".len() + 1;
    let text = finished.stderr + &finished.stdout;
    assert!(text.contains(&format!("\"column\":{blank}")), "column {blank}: {text}");
}
