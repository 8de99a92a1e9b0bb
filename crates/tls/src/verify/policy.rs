//! What certificates are checked against, and the check itself, in OpenSSL's order.
//!
//! ```text
//! size of the leaf's key -> chain -> extensions -> strength -> revocation -> signatures and dates -> name constraints
//! ```
//! Each error goes through [`Run::fail`], which does what HAProxy's callback does: it keeps the first error of the
//! leaf and of the authorities, and goes on if the configuration ignores it. The last error stays the result.

use std::sync::Arc;

use rustls_pki_types::{CertificateDer, UnixTime};
use smallvec::SmallVec;

use super::crl::RevocationLists;
use super::member::{Member, Purpose};
use super::{ErrorSet, TrustStore, Verification, VerifyCode};

/// OpenSSL's bound for authorities between the leaf and the trusted one.
const DEPTH_MAX: usize = 100;
/// The security level of OpenSSL in Debian: 112 bits.
const SECURITY_LEVEL: u8 = 2;
/// Bits that the security levels from 1 on ask for.
const LEVEL_BITS: [u32; 5] = [80, 112, 128, 192, 256];

/// What certificates are checked against.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Who is trusted.
    pub trust: Arc<TrustStore>,
    /// Lists of revoked certificates (`crl-file`). `Some`: every certificate of a chain must be in the scope of a good
    /// one; those that stand in `trust` count as well.
    pub crls: Option<Arc<RevocationLists>>,
    /// Errors of authorities that do not end the handshake (`ca-ignore-err`).
    pub ca_ignored: ErrorSet,
    /// Errors of the peer's certificate that do not end the handshake (`crt-ignore-err`).
    pub crt_ignored: ErrorSet,
    /// What it must be good for.
    pub purpose: Purpose,
    /// How many authorities may stand between the leaf and the trusted one.
    pub depth_max: usize,
    /// OpenSSL's security level (`@SECLEVEL=` of a cipher list): 1 asks for keys and hashes of 80 bits' strength, 2 for
    /// 112, 3 for 128; 0 for nothing.
    pub security_level: u8,
}

impl Policy {
    /// OpenSSL's defaults: no revocation lists, nothing ignored, depth 100, level 2.
    #[must_use]
    pub fn new(purpose: Purpose, trust: Arc<TrustStore>) -> Policy {
        Policy {
            trust,
            crls: None,
            ca_ignored: ErrorSet::default(),
            crt_ignored: ErrorSet::default(),
            purpose,
            depth_max: DEPTH_MAX,
            security_level: SECURITY_LEVEL,
        }
    }

    /// Checks what a peer showed, its own certificate first, the others in any order.
    ///
    /// # Errors
    /// What was found up to the error that ended it. A certificate that cannot be read is
    /// [`VerifyCode::UNSPECIFIED`], and so is no certificate at all.
    pub fn verify(&self, shown: &[CertificateDer<'_>], now: UnixTime) -> Result<Verification, Verification> {
        let Some((leaf, others)) = shown.split_first() else { return Err(unreadable()) };
        self.verify_parts(leaf, others, now)
    }

    /// As [`Policy::verify`], the leaf apart.
    pub(super) fn verify_parts(
        &self,
        leaf: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<Verification, Verification> {
        let parsed = || -> Option<(Member<'_>, Vec<Member<'_>>)> {
            let others = others.iter().map(|other| Member::parse(other)).collect::<Option<_>>()?;
            Some((Member::parse(leaf)?, others))
        };
        let Some((leaf, shown)) = parsed() else { return Err(unreadable()) };
        let mut run = Run {
            policy: self,
            now: i64::try_from(now.as_secs()).unwrap_or(i64::MAX),
            chain: SmallVec::new(),
            untrusted: 1,
            found: Verification::default(),
        };
        run.chain.push(leaf);
        let end = run.check(shown);
        run.found.root = run.root();
        match end {
            Ok(()) => Ok(run.found),
            Err(Stop) => {
                // Refused is never "ok", whatever ended it.
                if run.found.code.is_ok() {
                    run.found.code = VerifyCode::UNSPECIFIED;
                }
                Err(run.found)
            }
        }
    }
}

/// The result for what is no certificate.
pub(super) fn unreadable() -> Verification {
    Verification { code: VerifyCode::UNSPECIFIED, err: VerifyCode::UNSPECIFIED, ..Verification::default() }
}

/// An error that is not ignored was met; it is in [`Run::found`].
#[derive(Debug)]
pub(super) struct Stop;

/// One check under way.
pub(super) struct Run<'a> {
    pub(super) policy: &'a Policy,
    /// Seconds since 1970.
    pub(super) now: i64,
    /// The chain, leaf first.
    pub(super) chain: SmallVec<[Member<'a>; 4]>,
    /// How many of its first ones are not from the trusted ones.
    pub(super) untrusted: usize,
    pub(super) found: Verification,
}

impl<'a> Run<'a> {
    /// All steps.
    fn check(&mut self, shown: Vec<Member<'a>>) -> Result<(), Stop> {
        self.fail_if(self.is_weak(self.key_bits(0)), 0, VerifyCode::EE_KEY_TOO_SMALL)?;
        self.build(shown)?;
        self.check_extensions()?;
        self.check_strength()?;
        self.check_revocation()?;
        self.check_signatures()?;
        self.check_name_constraints()
    }

    /// Notes an error at `depth`, and ends the check unless it is ignored there.
    pub(super) fn fail(&mut self, depth: usize, code: VerifyCode) -> Result<(), Stop> {
        let short_depth = u8::try_from(depth).unwrap_or(u8::MAX);
        (self.found.code, self.found.depth) = (code, short_depth);
        let ignored = if depth > 0 {
            if self.found.ca_err.is_ok() {
                (self.found.ca_err, self.found.ca_err_depth) = (code, short_depth.min(15));
            }
            self.policy.ca_ignored
        } else {
            if self.found.err.is_ok() {
                self.found.err = code;
            }
            self.policy.crt_ignored
        };
        if ignored.contains(code) { Ok(()) } else { Err(Stop) }
    }

    /// [`Run::fail`] if something is so.
    pub(super) fn fail_if(&mut self, is_so: bool, depth: usize, code: VerifyCode) -> Result<(), Stop> {
        if is_so { self.fail(depth, code) } else { Ok(()) }
    }

    /// Whether `bits` of strength are less than the security level asks for.
    pub(super) fn is_weak(&self, bits: u32) -> bool {
        let level = usize::from(self.policy.security_level).min(LEVEL_BITS.len());
        level > 0 && bits < LEVEL_BITS[level - 1]
    }

    /// How strong the key at `depth` is.
    pub(super) fn key_bits(&self, depth: usize) -> u32 {
        self.chain[depth].cert.public_key().security_bits()
    }

    /// The first one of the chain that signed itself, or its end.
    fn root(&self) -> Option<CertificateDer<'static>> {
        let signed_itself =
            |member: &&Member<'_>| member.is_anchor() && member.signing_allowed(member).is_ok();
        let root = self.chain.iter().find(signed_itself).or(self.chain.last())?;
        Some(CertificateDer::from(root.cert.der().to_vec()))
    }
}
