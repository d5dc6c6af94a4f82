//! Floating-point numbers with the digits that Zeek writes.
//!
//! Zeek uses RapidJSON, which uses the algorithm Grisu2 (Loitsch, "Printing floating-point numbers
//! quickly and accurately with integers", 2010). Its digits read back as the same number. For one
//! number in a thousand they are one digit more than necessary.

/// The digits of a number as an integer, and the power of ten to multiply it by.
pub(super) struct Digits {
    digits: [u8; MAX],
    len: usize,
    /// The power of ten.
    pub(super) exponent: i32,
}

/// The maximum number of digits.
const MAX: usize = 20;

/// A number `f * 2^e`.
#[derive(Clone, Copy)]
struct Scaled {
    f: u64,
    e: i32,
}

impl Scaled {
    /// Moves the highest bit of the number, which is not 0, to the top.
    fn normalized(self) -> Scaled {
        let shift = self.f.leading_zeros();
        Scaled { f: self.f << shift, e: self.e - shift.cast_signed() }
    }

    /// Multiplies, and rounds to 64 bits.
    fn times(self, other: Scaled) -> Scaled {
        let product = u128::from(self.f) * u128::from(other.f) + (1 << 63);
        // The upper half.
        Scaled { f: (product >> 64) as u64, e: self.e + other.e + 64 }
    }
}

impl Digits {
    /// Returns the digits of a positive, finite number.
    pub(super) fn of(value: f64) -> Digits {
        let bits = value.to_bits();
        let (fraction, biased) = (bits & ((1 << 52) - 1), (bits >> 52) as i32 & 0x7ff);
        let v = match biased {
            0 => Scaled { f: fraction, e: -1074 },
            biased => Scaled { f: fraction | 1 << 52, e: biased - 1075 },
        };
        // All numbers between these bounds are read as this one.
        let upper = Scaled { f: (v.f << 1) + 1, e: v.e - 1 }.normalized();
        let lower = match v.f == 1 << 52 {
            true => Scaled { f: (v.f << 2) - 1, e: v.e - 2 },
            false => Scaled { f: (v.f << 1) - 1, e: v.e - 1 },
        };
        let lower = Scaled { f: lower.f << (lower.e - upper.e), e: upper.e };

        let (power, exponent) = power(upper.e);
        let w = v.normalized().times(power);
        // The products are not exact.
        let mut upper = upper.times(power);
        let mut lower = lower.times(power);
        upper.f -= 1;
        lower.f += 1;
        let mut digits = Digits { digits: [0; MAX], len: 0, exponent };
        digits.generate(upper, upper.f - lower.f, upper.f - w.f);
        digits
    }

    /// Returns the digits, as ASCII.
    pub(super) fn as_bytes(&self) -> &[u8] {
        self.digits.get(..self.len).unwrap_or_default()
    }

    /// Generates the digits of the upper bound until the remainder is below `delta`. The number
    /// itself is `distance` below that bound.
    fn generate(&mut self, upper: Scaled, mut delta: u64, distance: u64) {
        // The exponent is -60 to -32, so that the whole part has up to 9 digits.
        let shift = upper.e.unsigned_abs();
        let one = 1_u64 << shift;
        let (mut whole, mut rest) = (upper.f >> shift, upper.f & (one - 1));
        let mut kappa = whole.checked_ilog10().map_or(1, |log| log.cast_signed() + 1);
        while kappa > 0 {
            kappa -= 1;
            let unit = 10_u64.pow(kappa.unsigned_abs());
            // A digit of 0 to 9.
            self.push((whole / unit) as u8);
            whole %= unit;
            let left = (whole << shift) + rest;
            if left <= delta {
                self.exponent += kappa;
                return self.round(delta, left, unit << shift, distance);
            }
        }
        let mut unit = 1_u64;
        loop {
            rest = rest.wrapping_mul(10);
            delta = delta.wrapping_mul(10);
            unit = unit.wrapping_mul(10);
            self.push((rest >> shift) as u8);
            rest &= one - 1;
            kappa -= 1;
            if rest < delta {
                self.exponent += kappa;
                // Below that, the product would overflow.
                let distance = if kappa > -20 { distance.wrapping_mul(unit) } else { 0 };
                return self.round(delta, rest, one, distance);
            }
        }
    }

    fn push(&mut self, digit: u8) {
        // No leading zeros.
        if (digit > 0 || self.len > 0)
            && let Some(place) = self.digits.get_mut(self.len)
        {
            *place = b'0' + digit;
            self.len += 1;
        }
    }

    /// Decrements the last digit while that is closer to the number, and within its bounds.
    fn round(&mut self, delta: u64, mut rest: u64, unit: u64, distance: u64) {
        while rest < distance
            && delta - rest >= unit
            && (rest.wrapping_add(unit) < distance
                || distance - rest > rest.wrapping_add(unit).wrapping_sub(distance))
        {
            if let Some(last) = self.len.checked_sub(1).and_then(|at| self.digits.get_mut(at)) {
                *last -= 1;
            }
            rest = rest.wrapping_add(unit);
        }
    }
}

/// Returns a power of ten that scales a number with this exponent into the range for which digits
/// can be generated, and the power of ten to multiply the result by.
fn power(e: i32) -> (Scaled, i32) {
    let needed = f64::from(-61 - e) * std::f64::consts::LOG10_2 + 347.0;
    // From 0 to 86.
    let index = (needed.ceil() as usize >> 3) + 1;
    let f = POWERS.get(index).copied().unwrap_or(1 << 63);
    // The index is small.
    let power = -348 + 8 * index as i32;
    // The integer part of the base-2 logarithm, minus 63.
    (Scaled { f, e: ((power * 217_706) >> 16) - 63 }, -power)
}

/// The first 64 bits of 10^-348, 10^-340, …, 10^340, rounded.
#[rustfmt::skip]
const POWERS: [u64; 87] = [
    0xfa8f_d5a0_081c_0288, 0xbaae_e17f_a23e_bf76, 0x8b16_fb20_3055_ac76, 0xcf42_894a_5dce_35ea,
    0x9a6b_b0aa_5565_3b2d, 0xe61a_cf03_3d1a_45df, 0xab70_fe17_c79a_c6ca, 0xff77_b1fc_bebc_dc4f,
    0xbe56_91ef_416b_d60c, 0x8dd0_1fad_907f_fc3c, 0xd351_5c28_3155_9a83, 0x9d71_ac8f_ada6_c9b5,
    0xea9c_2277_23ee_8bcb, 0xaecc_4991_4078_536d, 0x823c_1279_5db6_ce57, 0xc210_9436_4dfb_5637,
    0x9096_ea6f_3848_984f, 0xd774_85cb_2582_3ac7, 0xa086_cfcd_97bf_97f4, 0xef34_0a98_172a_ace5,
    0xb238_67fb_2a35_b28e, 0x84c8_d4df_d2c6_3f3b, 0xc5dd_4427_1ad3_cdba, 0x936b_9fce_bb25_c996,
    0xdbac_6c24_7d62_a584, 0xa3ab_6658_0d5f_daf6, 0xf3e2_f893_dec3_f126, 0xb5b5_ada8_aaff_80b8,
    0x8762_5f05_6c7c_4a8b, 0xc9bc_ff60_34c1_3053, 0x964e_858c_91ba_2655, 0xdff9_7724_7029_7ebd,
    0xa6df_bd9f_b8e5_b88f, 0xf8a9_5fcf_8874_7d94, 0xb944_7093_8fa8_9bcf, 0x8a08_f0f8_bf0f_156b,
    0xcdb0_2555_6531_31b6, 0x993f_e2c6_d07b_7fac, 0xe45c_10c4_2a2b_3b06, 0xaa24_2499_6973_92d3,
    0xfd87_b5f2_8300_ca0e, 0xbce5_0864_9211_1aeb, 0x8cbc_cc09_6f50_88cc, 0xd1b7_1758_e219_652c,
    0x9c40_0000_0000_0000, 0xe8d4_a510_0000_0000, 0xad78_ebc5_ac62_0000, 0x813f_3978_f894_0984,
    0xc097_ce7b_c907_15b3, 0x8f7e_32ce_7bea_5c70, 0xd5d2_38a4_abe9_8068, 0x9f4f_2726_179a_2245,
    0xed63_a231_d4c4_fb27, 0xb0de_6538_8cc8_ada8, 0x83c7_088e_1aab_65db, 0xc45d_1df9_4271_1d9a,
    0x924d_692c_a61b_e758, 0xda01_ee64_1a70_8dea, 0xa26d_a399_9aef_774a, 0xf209_787b_b47d_6b85,
    0xb454_e4a1_79dd_1877, 0x865b_8692_5b9b_c5c2, 0xc835_53c5_c896_5d3d, 0x952a_b45c_fa97_a0b3,
    0xde46_9fbd_99a0_5fe3, 0xa59b_c234_db39_8c25, 0xf6c6_9a72_a398_9f5c, 0xb7dc_bf53_54e9_bece,
    0x88fc_f317_f222_41e2, 0xcc20_ce9b_d35c_78a5, 0x9816_5af3_7b21_53df, 0xe2a0_b5dc_971f_303a,
    0xa8d9_d153_5ce3_b396, 0xfb9b_7cd9_a4a7_443c, 0xbb76_4c4c_a7a4_4410, 0x8bab_8eef_b640_9c1a,
    0xd01f_ef10_a657_842c, 0x9b10_a4e5_e991_3129, 0xe710_9bfb_a19c_0c9d, 0xac28_20d9_623b_f429,
    0x8044_4b5e_7aa7_cf85, 0xbf21_e440_03ac_dd2d, 0x8e67_9c2f_5e44_ff8f, 0xd433_179d_9c8c_b841,
    0x9e19_db92_b4e3_1ba9, 0xeb96_bf6e_badf_77d9, 0xaf87_023b_9bf0_ee6b,
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn digits_read_back_as_the_same_number(bits in any::<u64>()) {
            let value = f64::from_bits(bits & (u64::MAX >> 1));
            prop_assume!(value.is_finite() && value > 0.0);
            let digits = Digits::of(value);
            let text = std::str::from_utf8(digits.as_bytes()).unwrap();
            prop_assert!(text.len() <= 17, "{text}");
            let read: f64 = format!("{text}e{}", digits.exponent).parse().unwrap();
            prop_assert_eq!(read, value);
        }
    }
}
