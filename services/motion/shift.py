"""What a small shift of each place explains: boughs that sway in a gust, a camera that trembles.

Where the quiet picture `Q` is shifted by `(dx, dy)`, it changes by about `dx * Qx + dy * Qy` (Lucas and
Kanade, 1981), so what a fit in gain and offset leaves over of a neighbourhood is fitted once more to the
gradient. The shift is bounded: one that is as large as a thing explains everything.
"""

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from services.motion.background import Look, Plane, blur, fitted, positive

# Points. Further away the gradient says little about what is there.
FARTHEST = np.float32(1.5)
# Variance of the gradient, gray levels squared per point squared, that noise alone makes.
FLAT = np.float32(1)


@dataclass(frozen=True, slots=True)
class Slopes:
    """A part of the quiet picture and its gradient, with what they have in common in each neighbourhood."""

    reference: Look
    x: Plane
    y: Plane
    mean_x: Plane
    mean_y: Plane
    # Covariances of the gradient with itself, and with the picture.
    xx: Plane
    yy: Plane
    xy: Plane
    qx: Plane
    qy: Plane

    @classmethod
    def of(cls, quiet: Look) -> "Slopes":
        x = cast("Plane", cv2.Sobel(quiet.picture, cv2.CV_32F, 1, 0, ksize=1, scale=0.5))
        y = cast("Plane", cv2.Sobel(quiet.picture, cv2.CV_32F, 0, 1, ksize=1, scale=0.5))
        mean_x, mean_y = blur(x), blur(y)
        return cls(
            reference=quiet,
            x=x,
            y=y,
            mean_x=mean_x,
            mean_y=mean_y,
            xx=blur(x * x) - mean_x * mean_x,
            yy=blur(y * y) - mean_y * mean_y,
            xy=blur(x * y) - mean_x * mean_y,
            qx=blur(x * quiet.picture) - mean_x * quiet.mean,
            qy=blur(y * quiet.picture) - mean_y * quiet.mean,
        )


def unshifted(look: Look, slopes: Slopes) -> Plane:
    """What neither another light nor a small shift explains of each neighbourhood: variance, gray levels²."""
    gain, _, left_over = fitted(look, slopes.reference)
    with_x = blur(look.picture * slopes.x) - look.mean * slopes.mean_x - gain * slopes.qx
    with_y = blur(look.picture * slopes.y) - look.mean * slopes.mean_y - gain * slopes.qy
    xx, yy, xy = slopes.xx + FLAT, slopes.yy + FLAT, slopes.xy
    scale = 1 / (xx * yy - xy * xy)
    dx = (with_x * yy - with_y * xy) * scale
    dy = (with_y * xx - with_x * xy) * scale
    bound = FARTHEST * gain / (cv2.sqrt(dx * dx + dy * dy) + np.float32(1e-6))
    cv2.threshold(bound, 1, 0, cv2.THRESH_TRUNC, dst=bound)
    dx *= bound
    dy *= bound
    explained = dx * (2 * with_x - dx * slopes.xx - 2 * dy * xy) + dy * (2 * with_y - dy * slopes.yy)
    return positive(left_over - positive(explained))
