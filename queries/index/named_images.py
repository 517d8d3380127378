"""The images that a call names beyond its first: BatchGetImage and BatchDeleteImage take up to a
hundred at once. https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchGetImage.html
"""

from __future__ import annotations

import duckdb

from queries.index.derivation import Derivation, Rows


def list_more_images(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill `more_images`: a row for each image after the first in `requestParameters.imageIds`.
    The first is in the event's own row."""
    connection.execute(
        """
        INSERT INTO more_images
        SELECT event_key, json_extract_string(image, '$.imageTag') AS image_tag,
          json_extract_string(image, '$.imageDigest') AS image_digest
        FROM (
          SELECT event_key,
            unnest(images) AS image, generate_subscripts(images, 1) AS number
          FROM (
            SELECT event_key, try(json_extract(request_parameters, '$.imageIds[*]')) AS images
            FROM events
            WHERE repository IS NOT NULL AND request_parameters LIKE '{%"imageIds"%'
          ) AS listed
        ) AS named
        WHERE number > 1 AND json_type(image) = 'OBJECT'
        """
    )


MORE_IMAGES = Derivation(
    rows=(Rows("more_images", "event_key"),),
    build=list_more_images,
    keys=("SELECT event_key FROM touched WHERE repository IS NOT NULL",),
    columns="event_key, repository, request_parameters",
)
