//! `-dL`: the object files that the process has mapped, as `/proc/self/maps` tells them; proc(5).

/// The paths, each once, in the order of their addresses.
pub(crate) fn text() -> String {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let mut out = String::from("List of loaded object files:\n");
    for path in executable_files(&maps) {
        out.push_str(&format!("  {path}\n"));
    }
    out
}

/// The files of executable mappings: `ADDRESSES PERMISSIONS OFFSET DEVICE INODE PATH`.
fn executable_files(maps: &str) -> Vec<&str> {
    let mut files: Vec<&str> = Vec::new();
    for line in maps.lines() {
        let is_executable = line.split(' ').nth(1).is_some_and(|permissions| permissions.contains('x'));
        let path = line.find('/').map(|at| &line[at..]);
        if let Some(path) = path.filter(|path| is_executable && !files.contains(path)) {
            files.push(path);
        }
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_with_code() {
        let maps = "00400000-00452000 r-xp 00000000 08:02 173521      /usr/bin/a b\n\
                    00651000-00652000 r--p 00051000 08:02 173521      /usr/bin/data\n\
                    35b1800000-35b1820000 r-xp 00000000 08:02 135522  /lib/ld.so\n\
                    35b1900000-35b1920000 r-xp 00000000 08:02 135522  /lib/ld.so\n\
                    7fff0000-7fff1000 r-xp 00000000 00:00 0           [vdso]\n";
        assert_eq!(executable_files(maps), ["/usr/bin/a b", "/lib/ld.so"]);
    }

    #[test]
    fn this_process_has_one_at_least() {
        assert!(text().lines().count() > 1);
    }
}
