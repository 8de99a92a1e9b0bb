//! What conditions (`.if`, `-cc`) learn about this program, and the list of features that `-vv` shows.
//!
//! A feature is answered with yes once it works here, not before: test suites and configurations decide by it.

use syntax::{Facts, OpensslVersion, Version};

use crate::options::Options;
use crate::version::HAPROXY_VERSION;

/// Whether a feature of HAProxy's list works here.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Works {
    Yes,
    No,
}
use Works::{No, Yes};

/// HAProxy's features by name, in the order of `-vv`.
static FEATURES: &[(&str, Works)] = &[
    ("51DEGREES", No),
    ("ACCEPT4", Yes),
    ("ACME", No),
    ("BACKTRACE", No),
    ("CLOSEFROM", No),
    ("CPU_AFFINITY", No),
    ("CRYPT_H", Yes),
    ("DEVICEATLAS", No),
    ("DL", No),
    ("ECH", No),
    ("ENGINE", No),
    ("EPOLL", Yes),
    ("EVPORTS", No),
    ("FCGI", No),
    ("GETADDRINFO", Yes),
    ("H2", No),
    ("HAVE_TCP_MD5SIG", Yes),
    ("HAVE_WORKING_TCP_MD5SIG", Yes),
    ("KQUEUE", No),
    ("KTLS", No),
    ("LIBATOMIC", No),
    ("LIBCRYPT", Yes),
    ("LINUX_CAP", No),
    ("LINUX_SPLICE", Yes),
    ("LINUX_TPROXY", Yes),
    ("LUA", No),
    ("MATH", No),
    ("MEMORY_PROFILING", No),
    ("NETFILTER", No),
    ("NS", Yes),
    ("OBSOLETE_LINKER", No),
    ("OPENSSL", Yes),
    ("OPENSSL_AWSLC", No),
    ("OPENSSL_WOLFSSL", No),
    // Expressions as PCRE writes them; look-around and back-references are refused with a reason.
    ("PCRE", Yes),
    ("PCRE2", No),
    ("PCRE2_JIT", No),
    ("PCRE_JIT", No),
    ("POLL", No),
    ("PRCTL", Yes),
    ("PROCCTL", No),
    ("PROMEX", Yes),
    ("PTHREAD_EMULATION", No),
    ("QUIC", No),
    ("QUIC_OPENSSL_COMPAT", No),
    ("RT", No),
    ("SHM_OPEN", No),
    ("SLZ", No),
    ("SPOE", No),
    ("SSL", Yes),
    ("STATIC_PCRE", No),
    ("STATIC_PCRE2", No),
    ("TFO", Yes),
    ("THREAD", Yes),
    ("THREAD_DUMP", No),
    ("TPROXY", Yes),
    ("TRACE", No),
    ("WURFL", No),
    ("ZLIB", Yes),
];

/// The features, each with `+` or `-`, separated by blanks.
pub(crate) fn feature_list() -> String {
    let signed = |(name, works): &(&str, Works)| format!("{}{name}", if *works == Yes { '+' } else { '-' });
    FEATURES.iter().map(signed).collect::<Vec<_>>().join(" ")
}

/// The answers of one run: the options that switch things off count for `enabled()`.
pub(crate) struct ProgramFacts<'a> {
    options: &'a Options,
}

impl<'a> ProgramFacts<'a> {
    /// The answers under these options.
    pub(crate) fn new(options: &'a Options) -> Self {
        ProgramFacts { options }
    }
}

impl Facts for ProgramFacts<'_> {
    fn version(&self) -> Version {
        Version::parse(HAPROXY_VERSION.as_bytes()).expect("our own version is one")
    }

    fn feature(&self, name: &str) -> bool {
        FEATURES.iter().any(|(known, works)| *known == name && *works == Yes)
    }

    fn enabled(&self, name: &str) -> bool {
        match name {
            "EPOLL" | "GETADDRINFO" => true,
            "SPLICE" => !self.options.is_nosplice,
            "REUSEPORT" => !self.options.is_noreuseport,
            "FAST-FORWARD" => !self.options.is_not_fast_forward,
            "SERVER-SSL-VERIFY-NONE" => self.options.is_unverified,
            _ => false,
        }
    }

    /// TLS is rustls's, under OpenSSL's names, numbers and texts: configurations that ask for these get what they mean.
    fn ssllib_name(&self) -> Option<&str> {
        Some("OpenSSL")
    }

    fn openssl_version(&self) -> Option<OpensslVersion> {
        OpensslVersion::parse(b"3.0.0")
    }

    fn awslc_api(&self) -> Option<u32> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use syntax::{Environment, evaluate};

    fn ask(condition: &str, options: &Options) -> bool {
        evaluate(condition.as_bytes(), &Environment::new(), &ProgramFacts::new(options)).unwrap()
    }

    #[test]
    fn answers_as_the_version_it_speaks() {
        let options = Options::default();
        assert!(ask("version_atleast(3.5-dev4)", &options));
        assert!(ask("version_atleast(v2.6)", &options));
        assert!(!ask("version_atleast(3.5)", &options));
        assert!(ask("feature(THREAD) && feature(LINUX_SPLICE)", &options));
        assert!(!ask("feature(LUA) || feature(QUIC) || feature(nonsense)", &options));
        assert!(ask("ssllib_name_startswith(OpenSSL) && openssl_version_atleast(1.1.1)", &options));
        assert!(!ask("openssl_version_atleast(3.1.0) || ssllib_name_startswith(AWS-LC)", &options));
    }

    #[test]
    fn options_switch_things_off() {
        assert!(ask("enabled(SPLICE) && enabled(REUSEPORT)", &Options::default()));
        let off = Options { is_nosplice: true, is_noreuseport: true, ..Options::default() };
        assert!(!ask("enabled(SPLICE) || enabled(REUSEPORT)", &off));
    }

    #[test]
    fn the_list_is_sorted_and_signed() {
        assert!(FEATURES.windows(2).all(|pair| pair[0].0 < pair[1].0));
        let list = feature_list();
        assert!(list.starts_with("-51DEGREES +ACCEPT4 "));
        assert!(list.contains(" +THREAD ") && list.contains(" -LUA "));
    }
}
