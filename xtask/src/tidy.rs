//! `cargo xtask tidy`: what CONTRIBUTING.md asks of the shape of sources and no lint looks at. Every file opens with
//! `//!`; files stay under 800 lines and functions under 70 (500 and 40 are aimed at, and only counted). Functions are
//! found by their indentation, which rustfmt guarantees.

use std::fs;
use std::path::{Path, PathBuf};

use crate::root;
use crate::step::Trouble;

const FILE_LINES_MAX: usize = 800;
const FILE_LINES_AIM: usize = 500;
const FUNCTION_LINES_MAX: usize = 70;
const FUNCTION_LINES_AIM: usize = 40;
/// Where sources are.
const PLACES: &[&str] = &["crates", "xtask", "tests", "fuzz", "bench"];

/// What was found in all files.
#[derive(Default)]
struct Findings {
    complaints: Vec<String>,
    files: usize,
    long_files: usize,
    functions: usize,
    long_functions: usize,
}

/// Looks at all sources.
pub(crate) fn run() -> Result<(), Trouble> {
    let mut files = Vec::new();
    for place in PLACES {
        collect(&root().join(place), &mut files);
    }
    files.sort();
    let mut findings = Findings::default();
    for file in &files {
        let text = fs::read_to_string(file)
            .map_err(|error| Trouble::Other(format!("{}: {error}", file.display())))?;
        let name = file.strip_prefix(root()).unwrap_or(file).display().to_string();
        look_at(&name, &text, &mut findings);
    }
    for complaint in &findings.complaints {
        eprintln!("{complaint}");
    }
    eprintln!(
        "xtask: {} files, {} over {FILE_LINES_AIM} lines; {} functions, {} over {FUNCTION_LINES_AIM} lines",
        findings.files, findings.long_files, findings.functions, findings.long_functions
    );
    match findings.complaints.len() {
        0 => Ok(()),
        count => Err(Trouble::Other(format!("{count} complaints"))),
    }
}

/// All `.rs` files below a directory, build directories left out.
fn collect(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() && !path.ends_with("target") {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

fn look_at(name: &str, text: &str, findings: &mut Findings) {
    let lines: Vec<&str> = text.lines().collect();
    findings.files += 1;
    findings.long_files += usize::from(lines.len() > FILE_LINES_AIM);
    // A fuzz target has to open with `#![no_main]`.
    if !lines.iter().find(|line| !line.starts_with("#!")).is_some_and(|line| line.starts_with("//!")) {
        findings.complaints.push(format!("{name}:1: does not open with `//!`"));
    }
    if lines.len() > FILE_LINES_MAX {
        findings.complaints.push(format!("{name}:1: {} lines", lines.len()));
    }
    for (start, length) in functions(&lines) {
        findings.functions += 1;
        findings.long_functions += usize::from(length > FUNCTION_LINES_AIM);
        // The lint on the length of functions looks at bodies; so does this.
        let is_expected = lines[..start].iter().rev().take(4).any(|line| line.contains("too_many_lines"));
        if length > FUNCTION_LINES_MAX && !is_expected {
            findings.complaints.push(format!("{name}:{}: a function of {length} lines", start + 1));
        }
    }
}

/// The first line (from 0) and the lines within the braces of each function.
fn functions(lines: &[&str]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let indentation = line.len() - line.trim_start().len();
        if !opens_function(line.trim_start()) {
            continue;
        }
        let closing = format!("{}}}", " ".repeat(indentation));
        let body = lines[start..].iter().position(|line| line.ends_with('{') || line.ends_with(';'));
        let Some(body) = body.filter(|at| lines[start + at].ends_with('{')) else { continue };
        let end = lines[start + body..].iter().position(|line| *line == closing);
        found.extend(end.map(|end| (start, end.saturating_sub(1))));
    }
    found
}

fn opens_function(line: &str) -> bool {
    let before = line.split("fn ").next().unwrap_or_default();
    let is_word = |word: &str| {
        matches!(word, "const" | "async" | "unsafe" | "extern" | "\"C\"") || word.starts_with("pub")
    };
    before.len() < line.len() && before.split_ascii_whitespace().all(is_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_measured() {
        let text = "//! x\nfn a() {\n    1\n}\nimpl B {\n    pub(crate) const fn c(\n        &self,\n    ) -> u8 {\n        2\n    }\n}\ntrait D {\n    fn e();\n}\n";
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(functions(&lines), [(1, 1), (5, 1)]);
    }

    #[test]
    fn complaints_have_places() {
        let mut findings = Findings::default();
        let text = format!("fn long() {{\n{}}}\n", "    x();\n".repeat(71));
        look_at("a.rs", &text, &mut findings);
        assert_eq!(
            findings.complaints,
            ["a.rs:1: does not open with `//!`", "a.rs:1: a function of 71 lines"]
        );
    }
}
