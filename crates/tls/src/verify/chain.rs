//! Building the chain from the peer's certificate to a trusted one (OpenSSL's `trusted first`), and the checks that go
//! through it link by link (RFC 5280 section 6.1).

use super::VerifyCode;
use super::member::{Authority, Member, Role};
use super::policy::{Run, Stop};
use super::signature;
use crate::x509::{Curve, PublicKeyKind};

/// What looking among the trusted ones for the issuer of a chain's end came to.
enum Step {
    /// The chain ends in a trusted, self-signed certificate.
    Anchored,
    /// It has grown by a trusted one, which another one signed.
    Grown,
    /// There is none.
    None,
}

impl<'a> Run<'a> {
    /// Builds the chain; `shown` is what the peer sent besides its own certificate.
    ///
    /// An issuer is looked for among the trusted certificates first, then among those shown. From the first trusted
    /// one on, those shown do not count any more.
    pub(super) fn build(&mut self, mut shown: Vec<Member<'a>>) -> Result<(), Stop> {
        // One more than allowed is built, so that "too long" can be told from "has no issuer".
        let length_max = self.policy.depth_max.saturating_add(1);
        loop {
            match if self.chain.len() > length_max { Step::None } else { self.grow_trusted() } {
                Step::Anchored => return Ok(()),
                Step::Grown => continue,
                Step::None => {}
            }
            let is_over = self.untrusted < self.chain.len() || self.end().is_anchor();
            if is_over || self.chain.len() > length_max || !self.grow_shown(&mut shown) {
                return self.fail_unanchored(length_max);
            }
        }
    }

    /// The last one of the chain.
    fn end(&self) -> &Member<'a> {
        self.chain.last().expect("a chain begins with the leaf")
    }

    /// Looks for the issuer of the chain's end among the trusted ones.
    fn grow_trusted(&mut self) -> Step {
        let Some(issuer) = self.trusted_issuer(self.end()) else { return Step::None };
        let is_anchor = issuer.is_anchor();
        if self.end().is_anchor() {
            // A self-signed one is trusted only if it is itself among the trusted ones; its name alone is nothing.
            if self.end().cert.der() != issuer.cert.der() {
                return Step::None;
            }
            self.untrusted = self.untrusted.min(self.chain.len() - 1);
            self.chain.pop();
        }
        self.chain.push(issuer);
        if is_anchor { Step::Anchored } else { Step::Grown }
    }

    /// The best trusted one that may have signed `member`.
    fn trusted_issuer(&self, member: &Member<'a>) -> Option<Member<'a>> {
        let policy = self.policy;
        let candidates =
            policy.trust.named(&member.issuer).filter_map(|certificate| Member::parse(certificate));
        best(candidates.filter(|candidate| member.may_be_from(candidate)), self.now)
    }

    /// Takes the issuer of the chain's end from those that the peer showed; whether there was one.
    fn grow_shown(&mut self, shown: &mut Vec<Member<'a>>) -> bool {
        let end = self.end();
        let is_new = |candidate: &Member<'a>| {
            self.chain.iter().all(|member| member.cert.der() != candidate.cert.der())
        };
        let candidates = shown.iter().filter(|&candidate| end.may_be_from(candidate) && is_new(candidate));
        let Some(found) = best(candidates, self.now) else { return false };
        let at = shown.iter().position(|member| std::ptr::eq(member, found)).expect("it was found there");
        let issuer = shown.remove(at);
        self.chain.push(issuer);
        self.untrusted += 1;
        true
    }

    /// Tells why the chain ends in no trusted certificate.
    fn fail_unanchored(&mut self, length_max: usize) -> Result<(), Stop> {
        let (length, depth) = (self.chain.len(), self.chain.len() - 1);
        if !self.found.code.is_ok() {
            // An error that was passed over before becomes the reason.
            return self.fail(depth, self.found.code);
        }
        self.fail_if(length > length_max, depth, VerifyCode::CERT_CHAIN_TOO_LONG)?;
        let code = match (self.end().is_anchor(), length) {
            (true, 1) => VerifyCode::DEPTH_ZERO_SELF_SIGNED_CERT,
            (true, _) => VerifyCode::SELF_SIGNED_CERT_IN_CHAIN,
            (false, _) if self.untrusted < length => VerifyCode::UNABLE_TO_GET_ISSUER_CERT,
            (false, _) => VerifyCode::UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
        };
        self.fail(depth, code)
    }

    /// Extensions: critical ones, authorities, purpose, path length.
    pub(super) fn check_extensions(&mut self) -> Result<(), Stop> {
        let length = self.chain.len();
        let (mut authorities, mut below_is_proxy) = (0u64, false);
        for depth in 0..length {
            let member = &self.chain[depth];
            let (is_proxy, has_unknown, path_length) =
                (member.is_proxy, member.has_unknown_critical, member.path_length);
            let is_self_issued = member.is_self_issued;
            self.fail_if(has_unknown, depth, VerifyCode::UNHANDLED_CRITICAL_EXTENSION)?;
            self.fail_if(is_proxy, depth, VerifyCode::PROXY_CERTIFICATES_NOT_ALLOWED)?;
            self.check_authority(depth, below_is_proxy)?;
            self.fail_if(length > 1 && self.is_explicit(depth), depth, VerifyCode::EC_KEY_EXPLICIT_PARAMS)?;
            let role = if depth > 0 && !below_is_proxy { Role::Issuer } else { Role::Leaf };
            let suits = self.chain[depth].suits(self.policy.purpose, role);
            self.fail_if(!suits, depth, VerifyCode::INVALID_PURPOSE)?;
            let is_exceeded = depth > 1 && path_length.is_some_and(|limit| authorities > limit);
            self.fail_if(is_exceeded, depth, VerifyCode::PATH_LENGTH_EXCEEDED)?;
            authorities += u64::from(depth > 0 && !is_self_issued);
            below_is_proxy = is_proxy;
        }
        Ok(())
    }

    /// Whether the one at `depth` is an authority if it has to be.
    fn check_authority(&mut self, depth: usize, below_is_proxy: bool) -> Result<(), Stop> {
        if depth == 0 {
            return Ok(());
        }
        let authority = self.chain[depth].authority();
        if below_is_proxy {
            return self.fail_if(authority != Authority::No, depth, VerifyCode::INVALID_NON_CA);
        }
        let is_last = depth + 1 == self.chain.len();
        let is_good = authority == Authority::Yes || (is_last && authority == Authority::Lenient);
        self.fail_if(!is_good, depth, VerifyCode::INVALID_CA)
    }

    /// Whether the key at `depth` brings the parameters of its curve with it.
    fn is_explicit(&self, depth: usize) -> bool {
        self.chain[depth].cert.public_key().kind() == PublicKeyKind::Ec(Curve::Explicit)
    }

    /// Strength of the authorities' keys, and of all signatures but the trusted one's.
    pub(super) fn check_strength(&mut self) -> Result<(), Stop> {
        for depth in 0..self.chain.len() {
            let is_weak = depth > 0 && self.is_weak(self.key_bits(depth));
            self.fail_if(is_weak, depth, VerifyCode::CA_KEY_TOO_SMALL)?;
            let bits = signature::security_bits(&self.chain[depth].cert.outer_algorithm).unwrap_or(0);
            let is_weak = depth + 1 < self.chain.len() && self.is_weak(bits);
            self.fail_if(is_weak, depth, VerifyCode::CA_MD_TOO_WEAK)?;
        }
        Ok(())
    }

    /// Signatures and dates, from the trusted end down to the leaf.
    pub(super) fn check_signatures(&mut self) -> Result<(), Stop> {
        let last = self.chain.len() - 1;
        let mut first = last;
        if !self.end().is_anchor() {
            // Nobody vouches for the end, and its dates are not asked for, unless there is nothing below it.
            match last.checked_sub(1) {
                Some(below) => first = below,
                None => self.fail(0, VerifyCode::UNABLE_TO_VERIFY_LEAF_SIGNATURE)?,
            }
        }
        for depth in (0..=first).rev() {
            if depth < last {
                self.check_signature(depth)?;
            }
            self.check_dates(depth)?;
        }
        Ok(())
    }

    /// Whether the one at `depth` was signed by the one above it.
    fn check_signature(&mut self, depth: usize) -> Result<(), Stop> {
        let (member, issuer) = (&self.chain[depth], &self.chain[depth + 1]);
        if let Err(code) = issuer.signing_allowed(member) {
            self.fail(depth + 1, code)?;
        }
        let (member, issuer) = (&self.chain[depth], &self.chain[depth + 1]);
        let cert = &member.cert;
        let is_good = cert.algorithm == cert.outer_algorithm
            && signature::is_good(
                &issuer.cert.public_key(),
                &cert.outer_algorithm,
                cert.signed,
                cert.signature,
            );
        self.fail_if(!is_good, depth, VerifyCode::CERT_SIGNATURE_FAILURE)
    }

    /// Whether the one at `depth` is in force.
    fn check_dates(&mut self, depth: usize) -> Result<(), Stop> {
        let (begin, end) = (self.chain[depth].not_before, self.chain[depth].not_after);
        match begin {
            None => self.fail(depth, VerifyCode::ERROR_IN_CERT_NOT_BEFORE_FIELD)?,
            Some(begin) => self.fail_if(self.now < begin, depth, VerifyCode::CERT_NOT_YET_VALID)?,
        }
        match end {
            None => self.fail(depth, VerifyCode::ERROR_IN_CERT_NOT_AFTER_FIELD),
            Some(end) => self.fail_if(self.now > end, depth, VerifyCode::CERT_HAS_EXPIRED),
        }
    }
}

/// The first candidate that is in force, or else the one that ends last.
fn best<'a, T: std::borrow::Borrow<Member<'a>>>(candidates: impl Iterator<Item = T>, now: i64) -> Option<T> {
    let mut best: Option<T> = None;
    for candidate in candidates {
        if candidate.borrow().is_valid_at(now) {
            return Some(candidate);
        }
        if best.as_ref().is_none_or(|best| candidate.borrow().not_after > best.borrow().not_after) {
            best = Some(candidate);
        }
    }
    best
}
