"""Icons of achievements, for pages, apps and badges."""

from flask import Response
from flask.views import MethodView

from gamification.errors import UnknownIcon
from gamification.icons import icon_names, icon_svg
from partner_api.blueprint import Blueprint

blueprint = Blueprint("icons", __name__, description="Pictures of achievements")

_SVG = "image/svg+xml"


@blueprint.at("/v1/icons/<name>.svg")
class Icon(MethodView):
    @blueprint.public
    @blueprint.answers(200, {"type": "string"}, _SVG)
    def get(self, name: str) -> Response:
        """Show an icon of the set Lucide, such as trophy"""
        if name not in icon_names():
            raise UnknownIcon(icon=name)
        response = Response(icon_svg(name), content_type=_SVG)
        response.headers["Cache-Control"] = "public, max-age=604800"
        # Browsers run what stands in an SVG that is opened by itself.
        response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
        return response
