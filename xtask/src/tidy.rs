//! The shape of the code: files that are too long, and files that do not say what they are.

use std::path::{Path, PathBuf};

use crate::root;

/// Longer files have more than one subject.
const LINES_MAX: usize = 800;

/// Looks at every Rust file of the workspace.
pub(crate) fn check() -> Result<(), String> {
    let mut files = Vec::new();
    for folder in ["crates", "tests", "xtask"] {
        collect(&root().join(folder), &mut files);
    }
    let problems: Vec<String> = files.iter().flat_map(|file| look(file)).collect();
    for problem in &problems {
        eprintln!("tidy: {problem}");
    }
    if problems.is_empty() { Ok(()) } else { Err(format!("{} files are not tidy", problems.len())) }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

fn look(file: &Path) -> Vec<String> {
    let Ok(text) = std::fs::read_to_string(file) else { return vec![format!("{}: not UTF-8", file.display())] };
    let mut problems = Vec::new();
    let lines = text.lines().count();
    if lines > LINES_MAX {
        problems.push(format!("{}: {lines} lines, {LINES_MAX} at most", file.display()));
    }
    if !text.starts_with("//!") {
        problems.push(format!("{}: does not begin with `//!` and what it is", file.display()));
    }
    problems
}
