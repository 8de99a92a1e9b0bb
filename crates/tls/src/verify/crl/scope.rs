//! For which certificates a list speaks (RFC 5280 section 5.2.5), and where a certificate says that lists about it are
//! (section 4.2.1.13).

use super::super::member::Member;
use super::ALL_REASONS;
use crate::x509::der::{self, Reader, Tlv};
use crate::x509::{Canonical, GeneralName};

/// The name of a distribution point.
#[derive(Debug, Clone, Copy)]
enum PointName<'a> {
    /// Contents of GeneralNames.
    Full(&'a [u8]),
    /// Relative to the list's maker.
    Relative(&'a [u8]),
}

impl<'a> PointName<'a> {
    /// The contents of a DistributionPointName.
    fn read(contents: &'a [u8]) -> Option<PointName<'a>> {
        let name = Tlv::only(contents)?;
        match name.tag {
            0xa0 => Some(PointName::Full(name.value)),
            0xa1 => Some(PointName::Relative(name.value)),
            _ => None,
        }
    }

    /// Whether both name one point.
    fn meets(self, other: PointName<'_>) -> bool {
        match (self, other) {
            (PointName::Full(own), PointName::Full(others)) => {
                Reader::new(own).each().any(|own| Reader::new(others).each().any(|other| is_same(own, other)))
            }
            (PointName::Relative(own), PointName::Relative(other)) => own == other,
            (PointName::Full(_), PointName::Relative(_)) | (PointName::Relative(_), PointName::Full(_)) => {
                false
            }
        }
    }
}

/// Whether two general names are the same.
fn is_same(a: Tlv<'_>, b: Tlv<'_>) -> bool {
    if let (Some(GeneralName::Directory(a)), Some(GeneralName::Directory(b))) =
        (GeneralName::new(a), GeneralName::new(b))
    {
        return a.canonical() == b.canonical();
    }
    a.raw == b.raw
}

/// For which certificates a list speaks (RFC 5280 section 5.2.5).
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::verify) struct Scope<'a> {
    point: Option<PointName<'a>>,
    is_stated: bool,
    is_for_users_only: bool,
    is_for_authorities_only: bool,
    is_for_attributes_only: bool,
    pub(super) is_unusable: bool,
    was_read: bool,
}

impl<'a> Scope<'a> {
    pub(super) fn read(value: &'a [u8]) -> Option<Scope<'a>> {
        let mut parts = Tlv::only(value).filter(|whole| whole.tag == der::SEQUENCE)?.parts();
        let point = match parts.optional(der::constructed(0))? {
            Some(point) => Some(PointName::read(point)?),
            None => None,
        };
        let mut flag = |number| Some(parts.optional(der::context(number))?.is_some_and(|value| value != [0]));
        let (is_for_users_only, is_for_authorities_only) = (flag(1)?, flag(2)?);
        let has_reasons = parts.optional(der::context(3))?.is_some();
        let mut flag = |number| Some(parts.optional(der::context(number))?.is_some_and(|value| value != [0]));
        let (is_indirect, is_for_attributes_only) = (flag(4)?, flag(5)?);
        let kinds = [is_for_users_only, is_for_authorities_only, is_for_attributes_only];
        let is_unusable = is_indirect || has_reasons || kinds.iter().filter(|&&kind| kind).count() > 1;
        Some(Scope {
            point,
            is_stated: false,
            is_for_users_only,
            is_for_authorities_only,
            is_for_attributes_only,
            is_unusable,
            was_read: true,
        })
    }

    /// A scope that the list states; one that cannot be read makes the list unusable.
    pub(super) fn into_stated(mut self) -> Scope<'a> {
        self.is_stated = true;
        self.is_unusable |= !self.was_read;
        self
    }

    /// The reasons for which it speaks of `member`; `None` if it does not speak of it.
    pub(in crate::verify) fn reasons_for(&self, member: &Member<'_>) -> Option<u16> {
        let is_left_out =
            if member.is_marked_ca() { self.is_for_users_only } else { self.is_for_authorities_only };
        if self.is_for_attributes_only || is_left_out {
            return None;
        }
        let of_point = member.distribution_points.each().find(|point| {
            point.is_for(&member.issuer)
                && match (point.name, self.point) {
                    (Some(own), Some(stated)) => own.meets(stated),
                    (Some(_) | None, None) | (None, Some(_)) => true,
                }
        });
        match of_point {
            Some(point) => Some(ALL_REASONS & point.reasons),
            None => self.point.is_none().then_some(ALL_REASONS),
        }
    }
}

/// Where a certificate says that lists about it are (RFC 5280 section 4.2.1.13).
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::verify) struct DistributionPoints<'a>(&'a [u8]);

/// One of them.
struct DistributionPoint<'a> {
    name: Option<PointName<'a>>,
    reasons: u16,
    /// Contents of GeneralNames: who makes the list, if not who made the certificate.
    issuer: Option<&'a [u8]>,
}

impl<'a> DistributionPoints<'a> {
    /// Reads the extension's contents.
    pub(in crate::verify) fn read(value: &'a [u8]) -> Option<DistributionPoints<'a>> {
        let whole = Tlv::only(value).filter(|whole| whole.tag == der::SEQUENCE)?;
        let mut points = whole.parts();
        while !points.is_empty() {
            DistributionPoint::read(points.next()?)?;
        }
        Some(DistributionPoints(whole.value))
    }

    fn each(self) -> impl Iterator<Item = DistributionPoint<'a>> + use<'a> {
        Reader::new(self.0).each().filter_map(DistributionPoint::read)
    }
}

impl<'a> DistributionPoint<'a> {
    fn read(point: Tlv<'a>) -> Option<DistributionPoint<'a>> {
        let mut parts = point.parts();
        let name = match parts.optional(der::constructed(0))? {
            Some(name) => Some(PointName::read(name)?),
            None => None,
        };
        let reasons = match parts.optional(der::context(1))? {
            Some(reasons) => {
                let byte = |at: usize| der::bits(reasons).and_then(|bits| bits.get(at).copied()).unwrap_or(0);
                u16::from_le_bytes([byte(0), byte(1)]) & ALL_REASONS
            }
            None => ALL_REASONS,
        };
        let issuer = parts.optional(der::constructed(2))?;
        (name.is_some() || issuer.is_some()).then_some(DistributionPoint { name, reasons, issuer })
    }

    /// Whether lists that `maker` made are meant.
    fn is_for(&self, maker: &Canonical) -> bool {
        let Some(issuer) = self.issuer else { return true };
        GeneralName::each(issuer)
            .any(|name| matches!(name, GeneralName::Directory(name) if name.canonical() == *maker))
    }
}
