"""Every raster and vector format that GDAL lists: read as itself, or refused.

A new version of GDAL with a new format fails the first tests here until the format is looked at.
"""

from __future__ import annotations

import http.server
import sqlite3
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import geopandas
import numpy as np
import pyogrio
import pytest
import rasterio
import rasterio.shutil
from rasterio.errors import RasterioError
from rasterio.transform import from_origin
from shapely import box

from dias_cbm import rasters, vectors
from dias_cbm.errors import CorruptProduct, ParcelFileError
from dias_cbm.geometry import read_vector
from dias_cbm.parcels.source import ParcelFile
from dias_cbm.rasters import open_raster

#: What :mod:`dias_cbm.rasters` lets GDAL open; VRT only where the user or this library named it.
READ = {
    "GTiff", "JP2OpenJPEG", "ENVI", "HFA", "EHdr", "PNG", "JPEG", "AAIGrid", "SRTMHGT", "DTED",
    "GTX", "VRT",
}  # fmt: skip
#: Vector formats that point to other files, services or databases, or are programs.
ELSEWHERE = {
    "ADBC", "AmigoCloud", "Carto", "CSW", "EEDA", "Elasticsearch", "GDALG", "GPSBabel", "GTFS",
    "HTTP", "MBTiles", "MEM", "MVT", "NGW", "OAPIF", "OGCAPI", "OGR_PDS", "OGR_VRT", "OSM",
    "PCIDSK", "PDS4", "PLSCENES", "PMTiles", "VICAR", "WFS",
}  # fmt: skip
GRID = {"width": 8, "height": 8, "crs": "EPSG:32632", "transform": from_origin(5e5, 6e6, 10, 10)}


def listed_rasters() -> list[str]:
    with rasterio.Env() as environment:
        return sorted(environment.drivers())


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    (tmp_path / "elsewhere").mkdir()
    return write(tmp_path / "elsewhere/secret.tif", 70)


@pytest.fixture
def web() -> Iterator[tuple[str, list[str]]]:
    """A server, and the paths that were asked of it."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        do_HEAD = do_POST = do_GET  # noqa: N815 (the library's names)

        def log_message(self, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


def write(path: Path, value: int, driver: str = "GTiff", dtype: str = "uint8") -> Path:
    with rasterio.open(path, "w", driver=driver, count=1, dtype=dtype, **GRID) as dataset:
        dataset.write(np.full((1, 8, 8), value, dtype))
    return path


@pytest.mark.parametrize("name", ["x.tif", "x.jp2", "x.img", "x.bil", "x.png", "x.asc", "x", "x.y"])
def test_gdal_is_asked_for_formats_that_were_looked_at_only(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def opened(path: object, *, driver: str) -> None:
        asked.append(driver)
        raise RasterioError("not this one")

    monkeypatch.setattr(rasters.rasterio, "open", opened)
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(CorruptProduct):
        open_raster(tmp_path / name)
    assert asked
    assert set(asked) <= READ - {"VRT"}
    assert READ.issubset(listed_rasters())


@pytest.mark.parametrize("driver", sorted(set(listed_rasters()) - READ))
def test_a_raster_of_any_other_format_is_refused(driver: str, tmp_path: Path) -> None:
    """Made by GDAL itself where it can make it, and called what it is not."""
    source = write(tmp_path / "source.tif", 7)
    made = tmp_path / "made" / "x.dat"
    made.parent.mkdir()
    try:
        rasterio.shutil.copy(source, made, driver=driver)
    except Exception:
        pytest.skip("GDAL cannot make it, or not from this raster")
    if not made.is_file():
        pytest.skip("is a folder")
    with open(made, "rb") as file:  # noqa: PTH123
        if file.read(4) in (b"II*\0", b"II+\0"):
            pytest.skip("is a GeoTIFF, whoever makes it")
    for name in ("x.tif", "x.jp2", "x.png", "y"):
        path = made.parent / name
        path.write_bytes(made.read_bytes())
        with pytest.raises(CorruptProduct, match="cannot be opened as"):
            open_raster(path)
        path.unlink()


#: Headers of formats whose pixels are in another file or behind a URL.
HEADERS = {
    "DAAS": '{{"DAAS": "{url}"}}',
    "DIMAP": "<?xml version='1.0'?><Dimap_Document><Metadata_Id><METADATA_FORMAT>DIMAP"
    "</METADATA_FORMAT></Metadata_Id><Raster_Dimensions><NCOLS>8</NCOLS><NROWS>8</NROWS><NBANDS>1"
    "</NBANDS></Raster_Dimensions><Data_Access><Data_File><DATA_FILE_PATH href='{file}'/>"
    "</Data_File></Data_Access></Dimap_Document>",
    "ECRGTOC": "<Table_of_Contents><file_header/><volume><product><disk><frame><file_name>{file}"
    "</file_name></frame></disk></product></volume></Table_of_Contents>",
    "EEDAI": '{{"type": "IMAGE", "name": "{url}/image"}}',
    "ESRIC": "<?xml version='1.0'?><CacheInfo><TileCacheInfo/><CacheStorageInfo>{file}"
    "</CacheStorageInfo></CacheInfo>",
    "GenBin": "BANDS: 1\nROWS: 8\nCOLS: 8\nDATATYPE: U16\nFILE: {file}\n",
    "ILWIS": "[Ilwis]\nType=BaseMap\n[MapStore]\nData={file}\nType=Byte\n",
    "ISIS2": 'CCSD3ZF0000100000001NJPL3IF0PDS2\n^QUBE = "{file}"\nOBJECT = QUBE\nEND\n',
    "kerchunk": '{{"version": 1, "refs": {{".zgroup": "{{\\"zarr_format\\": 2}}", "a/0": '
    '["{file}", 0, 128]}}}}',
    "KMLSUPEROVERLAY": "<?xml version='1.0'?><kml><Document><GroundOverlay><Icon><href>{url}/a.png"
    "</href></Icon><LatLonBox><north>1</north><south>0</south><east>1</east><west>0</west>"
    "</LatLonBox></GroundOverlay></Document></kml>",
    "MAP": "OziExplorer Map Data File Version 2.2\nsecret\n{file}\n1 ,Map Code,\n",
    "NGW": '{{"NGW": "{url}/resource/1"}}',
    "OGCAPI": '{{"links": [{{"rel": "coverage", "href": "{url}/coverage"}}]}}',
    "PAux": "AuxilaryTarget: {file}\nRawDefinition: 8 8 1\nChanDefinition-1: 16U 0 2 16 Swapped\n",
    "PDS": 'PDS_VERSION_ID = PDS3\n^IMAGE = "{file}"\nOBJECT = IMAGE\nLINES = 8\nLINE_SAMPLES = 8\n'
    "SAMPLE_BITS = 16\nEND_OBJECT\nEND\n",
    "PLMOSAIC": '{{"PLMosaic": "{url}"}}',
    "SAFE": "<?xml version='1.0'?><xfdu:XFDU><dataObjectSection><dataObject><byteStream>"
    "<fileLocation href='{file}'/></byteStream></dataObject></dataObjectSection></xfdu:XFDU>",
    "SENTINEL2": "<n1:Level-2A_User_Product xmlns:n1='https://psd-14.sentinel2.eo.esa.int/PSD/User_"
    "Product_Level-2A.xsd'><IMAGE_FILE>{file}</IMAGE_FILE></n1:Level-2A_User_Product>",
    "TIL": 'bandId = "P"\nnumTiles = 1;\nBEGIN_GROUP = TILE_1\n filename = "{file}";\nEND_GROUP\n',
    "TSX": "<?xml version='1.0'?><level1Product><productComponents><imageData><file><location>"
    "<filename>{file}</filename></location></file></imageData></productComponents></level1Product>",
    "VICAR": "LBLSIZE=128 FORMAT='HALF' NL=8 NS=8 NB=1 ^IMAGE='{file}'",
    "Zarr": '{{"zarr_format": 3, "node_type": "array", "storage": "{url}/a.zarr"}}',
}


@pytest.mark.parametrize("name", ["x.tif", "x.jp2", "x.img", "x.bil", "x.png", "x.asc", "x"])
@pytest.mark.parametrize("kind", HEADERS)
def test_a_header_of_pixels_elsewhere_is_refused(
    kind: str, name: str, tmp_path: Path, secret: Path, web: tuple[str, list[str]]
) -> None:
    url, asked = web
    (tmp_path / name).write_text(HEADERS[kind].format(file=secret, url=url))
    with pytest.raises(CorruptProduct, match="cannot be opened as"):
        open_raster(tmp_path / name)
    assert asked == []


@pytest.mark.parametrize(
    "text",
    [
        "DERIVED_SUBDATASET:LOGAMPLITUDE:{file}",
        "GTIFF_DIR:1:{file}",
        "vrt://{file}",
        "/vsicurl/{url}/a.tif",
        "/vsizip/{file}",
        "NETCDF:{url}/a.nc",
        "HDF5:{url}/a.h5://a",
        "ZARR:{url}/a.zarr",
        "WMS:{url}/?LAYERS=a",
        "PLMosaic:{url}",
        "EEDAI:{url}",
        "{url}/a.tif",
        "s3://bucket/a.tif",
    ],
)
def test_a_name_is_a_files_name_only(text: str, secret: Path, web: tuple[str, list[str]]) -> None:
    """GDAL gives many names a meaning of their own."""
    url, asked = web
    with pytest.raises(CorruptProduct):
        open_raster(Path(text.format(file=secret, url=url)))
    with pytest.raises(ParcelFileError, match="no such file"):
        read_vector(text.format(file=secret, url=url))
    assert asked == []


@pytest.mark.parametrize(
    ("name", "driver"),
    [
        ("x.tif", "GTiff"), ("x.img", "ENVI"), ("x.img", "HFA"), ("x.bil", "EHdr"),
        ("x.png", "PNG"), ("x.jp2", "JP2OpenJPEG"), ("x.asc", "AAIGrid"),
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
@pytest.mark.parametrize("beside", ["msk", "ovr", "aux.xml", "crs"])
def test_files_beside_it_do_not_point_elsewhere(
    name: str, driver: str, beside: str, tmp_path: Path, secret: Path, web: tuple[str, list[str]]
) -> None:
    url, asked = web
    source = write(tmp_path / "source.tif", 7)
    path = tmp_path / name
    exact = {"QUALITY": "100", "REVERSIBLE": "YES"} if driver == "JP2OpenJPEG" else {}
    rasterio.shutil.copy(source, path, driver=driver, **exact)
    side = tmp_path / f"{name}.{'aux.xml' if beside == 'crs' else beside}"
    virtual = f"<VRTDataset rasterXSize='8' rasterYSize='8'><SourceFilename>{secret}"
    content = {
        "aux.xml": "<PAMDataset><Metadata domain='OVERVIEWS'><MDI key='OVERVIEW_FILE'>"
        f"{secret}</MDI></Metadata></PAMDataset>",
        "crs": f"<PAMDataset><SRS>{url}/crs</SRS></PAMDataset>",
    }
    side.write_text(content.get(beside, virtual))
    if beside == "crs":  # it is not fetched
        with open_raster(path) as dataset:
            assert dataset.read().max() == 7
    else:
        with pytest.raises(CorruptProduct, match=r"points to another file|is not a GeoTIFF"):
            open_raster(path)
    assert asked == []


def test_every_vector_format_is_known() -> None:
    listed = {name for name, how in pyogrio.list_drivers().items() if "r" in how}
    assert listed - vectors.DRIVERS - ELSEWHERE == set()
    assert not vectors.DRIVERS & ELSEWHERE


@pytest.mark.parametrize("driver", sorted(ELSEWHERE))
def test_a_layer_of_a_format_that_points_elsewhere_is_refused(
    driver: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ParcelFileError, match=f"of the format {driver}, which parcels"):
        vectors.check_driver(driver, tmp_path / "a.gpkg")
    path = vector(tmp_path, "gpkg")
    real = pyogrio.read_info
    monkeypatch.setattr(
        pyogrio, "read_info", lambda *given, **more: real(*given, **more) | {"driver": driver}
    )
    for read in (read_vector, parcels):
        with pytest.raises(ParcelFileError, match="which parcels are not read from"):
            read(path)


def parcels(path: Path) -> ParcelFile:
    return ParcelFile(path, id_column="id", crop_column="crop")


def vector(folder: Path, suffix: str) -> Path:
    frame = geopandas.GeoDataFrame(
        {"id": ["1"], "crop": ["x"]}, geometry=[box(9, 56, 9.1, 56.1)], crs=4326
    )
    path = folder / f"a.{suffix}"
    drivers = {"gpkg": "GPKG", "sqlite": "SQLite", "geojson": "GeoJSON"}
    frame.to_file(path, driver=drivers[suffix], layer="a")
    return path


@pytest.mark.parametrize("suffix", ["gpkg", "sqlite"])
@pytest.mark.parametrize(
    "module", ["VirtualOGR('{it}')", "VirtualText('{it}', 'UTF-8', 1)", "VirtualShape('{it}')"]
)
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("remote", [False, True])
def test_a_table_over_another_file_is_refused(
    suffix: str, module: str, packed: bool, remote: bool, tmp_path: Path, web: tuple[str, list[str]]
) -> None:
    url, asked = web
    secret = tmp_path / "secret.csv"
    secret.write_text('id,crop,WKT\n1,SECRET,"POLYGON((9 56,9.1 56,9.1 56.1,9 56))"\n')
    path = vector(tmp_path, suffix)
    text = module.format(it=f"{url}/x.csv" if remote else secret)
    with sqlite3.connect(path) as file:
        file.execute("pragma writable_schema = 1")
        for (name,) in file.execute(
            "select name from sqlite_master where type = 'trigger'"
        ).fetchall():
            file.execute(f'drop trigger "{name}"')
        file.execute("delete from sqlite_master where name = 'a' and type = 'table'")
        statement = f"CREATE /* using rtree( */ VIRTUAL TABLE a USING {text}"
        file.execute("insert into sqlite_master values ('table', 'a', 'a', 0, ?)", (statement,))
    file.close()
    if packed:
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            archive.write(path, path.name)
        path = tmp_path / "a.zip"
    for read in (parcels, read_vector):
        with pytest.raises(ParcelFileError, match="has the table 'a', whose rows are in another"):
            read(path)
    assert asked == []


@pytest.mark.parametrize("suffix", ["gpkg", "sqlite"])
def test_indices_within_the_file_are_read(suffix: str, tmp_path: Path) -> None:
    assert len(parcels(vector(tmp_path, suffix))) == 1


@pytest.mark.parametrize("kind", ["link", "URL"])
@pytest.mark.parametrize("last", [False, True])
def test_a_crs_behind_an_address_is_not_fetched(
    kind: str, last: bool, tmp_path: Path, web: tuple[str, list[str]]
) -> None:
    url, asked = web
    path = vector(tmp_path, "geojson")
    crs = f'"crs": {{"type": "{kind}", "properties": {{"href": "{url}/c", "url": "{url}/c"}}}}'
    text = path.read_text().strip().replace('"crs"', '"old"')
    path.write_text(f"{text[:-1]}, {crs}}}" if last else f"\n{{{crs}, {text[1:]}")
    for read in (parcels, read_vector):
        with pytest.raises(ParcelFileError, match="names its CRS by an address"):
            read(path)
    assert asked == []


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_nothing_is_fetched_even_by_ogr_itself(web: tuple[str, list[str]], tmp_path: Path) -> None:
    url, asked = web
    parcels(vector(tmp_path, "gpkg"))
    for name in (f"{url}/a.geojson", f"/vsicurl/{url}/a.gpkg", f"WFS:{url}", f"OAPIF:{url}"):
        with pytest.raises(pyogrio.errors.DataSourceError):
            pyogrio.read_info(name)
    assert asked == []
