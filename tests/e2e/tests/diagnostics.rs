//! Diagnostics for people and programs: `lockgate explain`, `--format json`, and advice that `-dW` passes over.

use std::fs;

use lockgate_e2e::{Finished, is_reference, run};

fn checked(text: &str, arguments: &[&str]) -> Finished {
    let directory = tempfile::tempdir().expect("a temporary directory");
    fs::write(directory.path().join("lb.cfg"), text).expect("a file");
    run(&[&["-c", "-f", "lb.cfg"], arguments].concat(), directory.path())
}

fn run_anywhere(arguments: &[&str]) -> Finished {
    let directory = tempfile::tempdir().expect("a temporary directory");
    run(arguments, directory.path())
}

#[test]
fn explain_finds_codes_however_they_are_typed() {
    if is_reference() {
        return;
    }
    let page = run_anywhere(&["explain", "E0212"]);
    assert_eq!(page.status.code(), Some(0));
    assert!(page.stdout.starts_with("E0212: an unknown action\n\n"), "{}", page.stdout);
    assert!(page.stdout.contains("\nWrong:\n\n    frontend") && page.stdout.contains("\nRight:\n"));
    for typed in ["e0212", "0212", "212"] {
        assert_eq!(run_anywhere(&["explain", typed]).stdout, page.stdout);
    }
    let unknown = run_anywhere(&["explain", "E0211"]);
    assert_eq!((unknown.status.code(), unknown.stdout.as_str()), (Some(1), ""));
    assert!(unknown.stderr.contains("'E0211'; did you mean E02"), "{}", unknown.stderr);
    assert_eq!(run_anywhere(&["explain"]).status.code(), Some(2));
    assert_eq!(run_anywhere(&["explain", "--no-such"]).status.code(), Some(2));
    let list = run_anywhere(&["explain", "--list"]);
    assert_eq!(list.status.code(), Some(0));
    assert!(list.stdout.lines().count() > 80 && list.stdout.contains("E0212  an unknown action\n"));
}

#[test]
fn programs_get_one_object_a_line_on_standard_error() {
    if is_reference() {
        return;
    }
    let text =
        "frontend web\n    mode http\n    bind :80\n    http-request set-hedaer X-Id 1\n    maxconn 10k\n";
    let finished = checked(text, &["--format", "json"]);
    assert_eq!((finished.status.code(), finished.stdout.as_str()), (Some(1), ""));
    let objects: Vec<serde_json::Value> =
        finished.stderr.lines().map(|line| serde_json::from_str(line).expect("one object a line")).collect();
    let keys =
        ["severity", "code", "message", "file", "line", "column", "length", "label", "notes", "suggestion"];
    for object in &objects {
        let have: Vec<&str> = object.as_object().expect("an object").keys().map(String::as_str).collect();
        assert!(keys.iter().all(|key| have.contains(key)) && have.len() == keys.len(), "{object}");
        assert!(object["code"].is_string(), "{object}");
    }
    let error = objects.iter().find(|object| object["severity"] == "error").expect("an error");
    assert_eq!((error["code"].as_str(), error["suggestion"].as_str()), (Some("E0212"), Some("set-header")));
    assert_eq!((error["file"].as_str(), error["line"].as_u64()), (Some("lb.cfg"), Some(4)));
    assert_eq!((error["column"].as_u64(), error["length"].as_u64()), (Some(18), Some(10)));
}

/// What HAProxy does not warn of must not be fatal to those who forbid warnings.
#[test]
fn advice_is_told_and_never_fatal() {
    if is_reference() {
        return;
    }
    let text = "defaults\n    mode http\n    timeout client 1s\n    timeout server 1s\n    timeout connect 1s\n\
                frontend web\n    bind 127.0.0.1:1\n    acl unused path /a\n    use_backend b\n    \
                use_backend b if { path /b }\nbackend b\n    server s 127.0.0.1:1\nbackend c\n    server s 127.0.0.1:1\n";
    let finished = checked(text, &["-dW", "--format", "json"]);
    assert_eq!(finished.status.code(), Some(0), "{}", finished.stderr);
    for code in ["E0602", "E0603", "E0604"] {
        assert!(finished.stderr.contains(&format!("\"code\":\"{code}\"")), "{code}: {}", finished.stderr);
    }
    assert_eq!(finished.stdout, "Advice was given.\n", "HAProxy's sentence speaks of its own warnings");
    let warned = format!("{text}frontend none\n    mode http\n");
    assert_eq!(checked(&warned, &[]).stdout, "Warnings were found.\nAdvice was given.\n");
    assert_eq!(checked(&warned, &["-dW"]).status.code(), Some(1), "HAProxy's own warnings are");
}

/// What lints cost is paid by whoever checks, not by a start.
#[test]
fn a_start_gives_no_advice() {
    if is_reference() {
        return;
    }
    let taken = lockgate_e2e::listener();
    let text = format!(
        "defaults\n    mode http\n    timeout client 1s\n    timeout server 1s\n    timeout connect 1s\n\
         frontend web\n    bind {}\n    acl unused path /a\nfrontend none\n    mode http\n",
        taken.local_addr().unwrap()
    );
    let directory = tempfile::tempdir().expect("a temporary directory");
    fs::write(directory.path().join("lb.cfg"), text).expect("a file");
    let start = run(&["-db", "-f", "lb.cfg", "--format", "json"], directory.path());
    assert!(start.stderr.contains("\"code\":\"E0801\""), "it ends at the port: {}", start.stderr);
    assert!(!start.stderr.contains("E0603"), "{}", start.stderr);
    assert!(start.stderr.contains("frontend `none`"), "HAProxy warns of it at every start: {}", start.stderr);
}
